#!/usr/bin/env bash
# pin_images.sh: write the digest that the registry gives today behind each image's tag, in docker-compose.yml and the
# Dockerfile. To be run by a maintainer who has Docker and reaches the registry, whenever an image is updated.
set -euo pipefail
cd "$(dirname "$0")/.."

for tag in $(grep -hoE '\b[a-z0-9/]+:[0-9][0-9a-z.-]*(-community|-alpine|-slim)' docker-compose.yml Dockerfile | sort -u); do
    digest=$(docker buildx imagetools inspect "$tag" --format '{{.Manifest.Digest}}')
    sed -i -E "s|${tag//./\\.}(@sha256:[0-9a-f]{64})?|$tag@$digest|" docker-compose.yml Dockerfile
    echo "$tag@$digest"
done
