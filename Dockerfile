# One image for the API and the worker; `docker-compose.yml` says which it runs.
FROM python:3.12-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /bin/uv
WORKDIR /reconnect
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY api api
COPY exporters exporters
COPY graph graph
COPY importers importers
COPY reconnect reconnect
COPY sample sample
RUN uv sync --locked --no-dev --no-editable

FROM python:3.12-slim
RUN useradd --system --create-home reconnect && install -d -o reconnect /var/lib/reconnect
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
