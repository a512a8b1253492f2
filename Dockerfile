# syntax=docker/dockerfile:1
# Two images from one tree: `api` (no torch) and `worker`. Python is the version the tests run on.
ARG PYTHON_VERSION=3.11

# ---- the dashboard, with the Node that the lock pins ----
FROM python:${PYTHON_VERSION}-slim AS dashboard
WORKDIR /src
COPY locks/build.txt locks/
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r locks/build.txt
COPY hatch_build.py ./
COPY dashboard dashboard
COPY examples examples
RUN --mount=type=cache,target=/root/.npm python hatch_build.py

# ---- one wheel for both images ----
FROM dashboard AS wheel
COPY pyproject.toml README.md LICENSE ./
COPY gradclinic gradclinic
COPY migrations migrations
COPY service service
COPY worker worker
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist .

# ---- what both images share ----
FROM python:${PYTHON_VERSION}-slim AS base
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Gradient Clinic" \
      org.opencontainers.image.description="Finds out which layer of a neural network is ill, since when, why, and what cures it." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# The root filesystem may be read-only: everything that is written goes to /data or /tmp.
ENV GRADCLINIC_DATA_DIR=/data \
    GRADCLINIC_LOG_FORMAT=json \
    HOME=/tmp \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A volume for uploaded datasets takes the owner of the folder that it is mounted on.
RUN install --directory --owner 10001 --group 10001 /data /data/datasets
WORKDIR /data

# ---- the API: everything that can be said without torch ----
FROM base AS api
RUN --mount=type=bind,source=locks/api.txt,target=/locks/api.txt \
    --mount=type=cache,target=/root/.cache/pip \
    pip install --compile --require-hashes -r /locks/api.txt
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist pip install --compile --no-deps /dist/*.whl
USER 10001:10001
EXPOSE 8000
CMD ["gradclinic", "api"]

# ---- the worker: trains, so it has torch; TORCH_INDEX_URL picks the build (see .env.example) ----
FROM base AS worker
ARG TORCH_INDEX_URL=""
RUN --mount=type=bind,source=locks/worker.txt,target=/locks/worker.txt \
    --mount=type=bind,source=locks/torch.txt,target=/locks/torch.txt \
    --mount=type=cache,target=/root/.cache/pip \
    pip install --compile --require-hashes -r /locks/worker.txt && \
    pip install --compile ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} -r /locks/torch.txt
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist pip install --compile --no-deps /dist/*.whl
USER 10001:10001
CMD ["gradclinic", "worker"]
