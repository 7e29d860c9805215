#!/usr/bin/env bash
# get.sh FOLDER: fetches the serving peers from PyPI, each into a virtual environment of its own (2 GB in all).
# Then: PEERS=FOLDER npm run bench -- --only peers
set -euo pipefail
get() {
  python3 -m venv "$folder/$1"
  "$folder/$1/bin/pip" install --quiet onnxruntime "${@:2}"
}
folder=${1:?a folder for the environments}
get python fastapi uvicorn uvloop httptools orjson strawberry-graphql litserve
get triton nvidia-pytriton 'numpy<2'
get mlserver mlserver
get bentoml bentoml
