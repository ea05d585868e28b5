# One image for every role; the command says which:
#   docker run --init -p 8000:8000 -v events:/data --env-file .env IMAGE                   everything, Redis included
#   docker run --init -p 8000:8000 -e REDIS_URL=… --env-file .env IMAGE receiver --host 0.0.0.0
#   docker run --init -e HEALTH_PORT=0 -e REDIS_URL=… --env-file .env IMAGE relay          or worker
#   docker run --init -e HEALTH_PORT=8001 -e REDIS_URL=… --env-file .env IMAGE admin --host 0.0.0.0
#   docker run IMAGE --help                                                                all commands
#
# Every role acts on SIGTERM by itself and drains: give it `docker stop --time 60`, terminationGracePeriodSeconds: 60.
# `up` restarts what dies; --init only clears away what a killed process leaves in the process table.

# Minor version and Debian release are pinned, so that a rebuild brings security fixes and nothing else. For the very
# same bytes each time, build with --build-arg BASE=python@sha256:…
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Without pip of its own: what runs in production can't install anything.
RUN python -m venv --without-pip /opt/venv
COPY requirements/ requirements/
RUN pip --python /opt/venv/bin/python install --require-hashes -r requirements/runtime.txt \
    && pip install --require-hashes -r requirements/build.txt
COPY LICENSE README.md pyproject.toml ./
COPY service/ service/
COPY workers/ workers/
RUN pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
    && pip --python /opt/venv/bin/python install --no-deps --no-index dist/*.whl

FROM ${BASE}
# The embedded server of `up`; roles with a REDIS_URL leave it alone.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin events
COPY --from=build /opt/venv /opt/venv
# HEALTH_PORT: where HEALTH_PATH is asked for. 8001 for `admin`; 0 for `relay` and `worker`, which listen nowhere.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data HEALTH_PORT=8000 HEALTH_PATH=/livez
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 CMD ["python", "-c", "import http.client as h, os, sys; port = int(os.environ['HEALTH_PORT']); c = h.HTTPConnection('127.0.0.1', port, timeout=3); port and c.request('GET', os.environ['HEALTH_PATH']); sys.exit(bool(port) and c.getresponse().status != 200)"]
ENTRYPOINT ["conversation-events"]
# Inside a container only what is published can be reached; publish 8001, the admin API, to nobody but yourself.
CMD ["up", "--host", "0.0.0.0", "--admin-host", "0.0.0.0"]
