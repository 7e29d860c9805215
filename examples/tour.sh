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

echo '9. Two classes mixed: neither a 3 nor an 8'
answer=$(ask '{ sample(model: "mnist-conditional", labels: [{ label: "3", weight: 1 }, { label: "8", weight: 1 }], seed: 1)
  { image(size: 280) { url } } }')
save "$answer" mixture.png

echo '10. From class to class'
answer=$(ask '{ interpolate(model: "mnist-conditional", waypoints: [{ seed: 1, label: "3" }, { label: "8" }], steps: 24)
  { animation(size: 140) { url } } }')
save "$answer" class-to-class.webp

seven="data:image/png;base64,$(base64 < "$folder/seven.png" | tr -d '\n')"

echo '11. What class a picture of your own is of, here the 7 from above'
ask "{ classify(model: \"mnist-conditional\", images: [\"$seven\"], top: 2)
  { ... on Classification { label classes { label probability } } } }"

echo '12. Its latent, and what the model makes of that'
answer=$(ask "{ encode(model: \"mnist-conditional\", images: [\"$seven\"], labels: [\"7\"])
  { ... on Encoding { error reconstruction { image(size: 280) { url } } } } }")
save "$answer" reconstruction.png

echo '13. Its lower half, made up anew'
answer=$(ask "{ inpaint(model: \"mnist-conditional\", image: \"$seven\", mask: { half: BOTTOM }, seed: 1)
  { ... on Completion { image(size: 280) { dataUri } } } }")
printf '%s' "$answer" | sed 's/.*base64,\([^"]*\)".*/\1/' | base64 -d > "$folder/completion.png"
echo "saved $folder/completion.png"

echo '14. A face along the strongest direction of its latent space'
answer=$(ask '{ edit(model: "faces", seed: 42, edits: [{ direction: { method: FACTORISED, index: 0 }, strengths: [3] }]) { image(size: 256) { url } } }')
save "$answer" edited.png
