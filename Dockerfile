# Assay for production: one image. Its command is one of Airflow's processes.
FROM python:3.12-slim

# The registry of versions is a Git repository.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 50000 assay \
 && install --directory --owner assay --group assay \
    /opt/assay /opt/airflow /opt/airflow/logs /var/lib/assay /var/lib/assay/inbox

WORKDIR /opt/assay
COPY requirements-setup.txt requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-setup.txt \
 && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt

COPY --chown=assay:assay pyproject.toml README.md ./
COPY --chown=assay:assay include include
COPY --chown=assay:assay config config
COPY --chown=assay:assay plugins plugins
COPY --chown=assay:assay dags dags
RUN uv pip install --system --no-cache --no-deps --no-build-isolation --editable .

ENV PYTHONPATH=/opt/assay/include:/opt/assay/config \
    ASSAY_PROJECT=/opt/assay \
    ASSAY_HOME=/var/lib/assay \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/assay/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/assay/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    GX_ANALYTICS_ENABLED=false \
    DVC_NO_ANALYTICS=1 \
    DVC_SITE_CACHE_DIR=/tmp/dvc \
    PYTHONDONTWRITEBYTECODE=1

USER assay
ENTRYPOINT ["airflow"]
CMD ["version"]
