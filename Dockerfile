# One image for the API and the worker; `docker-compose.yml` says which it runs.
# The base image is pinned by digest; `tools/pin_images.sh` asks the registry for a newer one.
ARG PYTHON=python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea
FROM ${PYTHON} AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /reconnect
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY api api
COPY exporters exporters
COPY graph graph
COPY importers importers
COPY processes processes
COPY protocols protocols
COPY reconnect reconnect
COPY rules rules
COPY idp idp
COPY sample sample
# The pages, which become part of the package; what builds them does not.
COPY schema.graphql ./
COPY tools/pages.py tools/
COPY ui ui
RUN uv sync --locked --no-dev --no-install-project --group pages && .venv/bin/python -m tools.pages
RUN uv sync --locked --no-dev --no-editable

FROM ${PYTHON}
RUN useradd --system --create-home reconnect && install -d -o reconnect -m 700 /var/lib/reconnect
COPY --from=build /reconnect/.venv /reconnect/.venv
USER reconnect
ENV PATH=/reconnect/.venv/bin:$PATH RECONNECT_HOME=/var/lib/reconnect RECONNECT__LOGS__FORM=json
# GraphiQL's files. Where Maven Central is out of reach the image is made without; `serve` tries again and says so.
ENV RECONNECT_CACHE=/home/reconnect/.cache/reconnect
ARG RECONNECT_MAVEN
RUN python -m reconnect.graphiql || echo "made without GraphiQL"
VOLUME /var/lib/reconnect
EXPOSE 8000
ENTRYPOINT ["reconnect"]
CMD ["serve"]
