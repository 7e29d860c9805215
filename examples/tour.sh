#!/bin/sh
# A tour of the queries with curl. It needs a running server (npm start) and stops at the first answer that is an error.
#   sh examples/tour.sh [server] [folder for pictures]
set -eu
server=${1:-http://localhost:4000}
folder=${2:-tour}
mkdir -p "$folder"

# Sends a query and prints the answer. GraphQL answers 200 also where a field failed, so we look for "errors" ourselves.
ask() {
  query=$(printf '%s' "$1" | sed 's/"/\\"/g' | tr '\n' ' ')
  answer=$(curl -sS "$server/graphql" -H 'content-type: application/json' -d "{\"query\":\"$query\"}")
  case $answer in
    *'"errors"'*) refused "$answer" ;;
    *'"data"'*) printf '%s\n' "$answer" ;;
    *) refused "$answer" ;;
  esac
}

refused() {
  printf 'The server at %s refused: %s\n' "$server" "$1" >&2
  exit 1
}

# The first "url" of an answer, saved under a name in the folder.
save() {
  url=$(printf '%s' "$1" | sed 's/.*"url":"\([^"]*\)".*/\1/')
  curl -sS --fail "$url" -o "$folder/$2"
  echo "saved $folder/$2"
}

echo '1. What is served'
ask '{ models { name version title capabilities } }'

echo '2. A digit, and what the discriminator thinks of it'
answer=$(ask '{ sample(model: "mnist", seed: 42) { seed image(size: 280) { url } score { probability logit } } }')
echo "$answer"
save "$answer" digit.png

echo '3. The class you ask for'
answer=$(ask '{ sample(model: "mnist-conditional", label: "7", seed: 1) { label image(size: 280) { url } } }')
save "$answer" seven.png

echo '4. A contact sheet as one image'
answer=$(ask '{ sampleGrid(model: "faces", seed: 1, rows: 4, columns: 8, size: 512) { url } }')
save "$answer" faces.png

echo '5. Less variety, more typical: truncation'
answer=$(ask '{ sampleGrid(model: "faces", seed: 1, rows: 4, columns: 8, size: 512, truncation: 0.5) { url } }')
save "$answer" faces-truncated.png

echo '6. A morph from seed to seed as one animation'
answer=$(ask '{ interpolate(model: "mnist", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 24, loop: true)
  { animation(format: WEBP, size: 140) { url } } }')
save "$answer" morph.webp

echo '7. D(x) of a picture of your own, here the digit from above'
picture=$(base64 < "$folder/digit.png" | tr -d '\n')
ask "{ score(model: \"mnist\", images: [\"data:image/png;base64,$picture\"]) { ... on Score { probability logDensityRatio } } }"

echo '8. A model of points'
ask '{ sample(model: "ring8", seed: 1, count: 3) { point score { probability } } }'
