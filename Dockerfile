# First stage: everything that is needed to build, and an environment with exactly what is needed to run.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /opt/leadbell \
 && /opt/leadbell/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.lock
RUN python -m pip install --require-hashes --only-binary :all: -r requirements-dev.lock

COPY pyproject.toml README.md LICENSE config.yaml config.schema.json ./
COPY templates ./templates
COPY bot ./bot
RUN python -m build --wheel --no-isolation --outdir /dist \
 && /opt/leadbell/bin/python -m pip install --no-deps --no-index /dist/*.whl \
 && /opt/leadbell/bin/leadbell check

# Second stage: the interpreter, that environment, and a user who may write nowhere but into /data.
FROM python:3.11-slim-bookworm
ENV PATH=/opt/leadbell/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:/data/leadbell.db

RUN groupadd --gid 10001 leadbell \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin leadbell \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/leadbell /opt/leadbell

# a folder with config.yaml, and with templates/ if you change them, is mounted here
WORKDIR /leadbell
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["leadbell", "health"]
# exec form: Python itself is process 1 and hears SIGTERM
ENTRYPOINT ["leadbell"]
CMD ["run"]
