# The one recipe for the image of every service:
#   docker build -f deploy/docker/service.Dockerfile --build-arg SERVICE=parser -t enishi/parser .
# What comes out holds node, the service, the libs and packages that it needs to run, and nothing else: no shell, no npm.

ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# The manifests alone: as long as they stay the same, the installs below come from the cache.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN find . -name package.json -not -path '*/node_modules/*' -exec cp --parents {} /srv/ \; && cp package-lock.json .npmrc /srv/

FROM ${NODE_IMAGE} AS build
# Generating the database clients must fetch no engine: any executable counts as one.
ENV PRISMA_SCHEMA_ENGINE_BINARY=/usr/local/bin/node CHECKPOINT_DISABLE=1 NX_DAEMON=false NX_NO_CLOUD=true CI=true
WORKDIR /src
COPY --from=manifests /srv/ ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY tsconfig.base.json nx.json ./
COPY libs libs
COPY services services
RUN npx nx run-many -t build --projects=tag:type:service --output-style=static \
 && find libs services \( -name '*.tsbuildinfo' -o -name '*.d.ts' \) -delete

FROM ${NODE_IMAGE} AS production
ARG SERVICE
ARG VERSION=0.0.0
WORKDIR /app
COPY deploy/docker/sbom.mjs /sbom/
COPY --from=manifests /srv/ ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-audit --no-fund --ignore-scripts --omit=dev --omit=peer --omit=optional --workspace=services/${SERVICE} \
 && node /sbom/sbom.mjs enishi/${SERVICE} ${VERSION} < package-lock.json > sbom.cdx.json \
    # Query compilers of databases that are not ours, types, maps: half of the packages' size.
 && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name 'query_compiler_fast_bg.postgresql*' -delete \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) -delete \
    # Of the workspace's links only those stay that the service can follow.
 && for link in node_modules/@enishi/*; do case "$(readlink "$link")" in ../../libs/*) ;; *) rm "$link" ;; esac; done \
 && rm -rf clients examples deploy services package-lock.json .npmrc
COPY --from=build /src/libs/ /build/libs/
COPY --from=build /src/services/${SERVICE}/ /build/services/${SERVICE}/
RUN for lib in libs/*; do [ ! -d "/build/$lib/dist" ] || cp -r "/build/$lib/dist" "$lib/"; done \
 && mkdir -p services/${SERVICE} \
 && cp -r /build/services/${SERVICE}/package.json /build/services/${SERVICE}/dist services/${SERVICE}/ \
 && mkdir services/${SERVICE}/prisma && cp -r /build/services/${SERVICE}/prisma/migrations services/${SERVICE}/prisma/
# What V8 compiles at a start is kept for the next ones, by user id. Without settings the service says what it lacks and ends
# with 78; with anything else this is no image to ship.
RUN mkdir .compile-cache && chown 65532:65532 .compile-cache
USER 65532:65532
RUN cd services/${SERVICE} && code=0 \
 && { NODE_COMPILE_CACHE=/app/.compile-cache node --enable-source-maps --import /app/libs/telemetry/dist/preload.js dist/main.js || code=$?; } \
 && [ "$code" = 78 ]
USER 0:0
# node and the libraries that it is linked to, and the one user.
RUN mkdir -p /rootfs/usr/local/bin /rootfs/etc /rootfs/tmp && chmod 1777 /rootfs/tmp \
 && cp /usr/local/bin/node /rootfs/usr/local/bin/ \
 && ldd /usr/local/bin/node | grep -o '/[^ ]*' | sort -u | xargs -I{} cp -L --parents {} /rootfs/ \
 && printf 'enishi:x:65532:65532:enishi:/tmp:/sbin/nologin\n' > /rootfs/etc/passwd \
 && printf 'enishi:x:65532:\n' > /rootfs/etc/group \
 && printf 'hosts: files dns\n' > /rootfs/etc/nsswitch.conf

FROM scratch
ARG SERVICE
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="enishi/${SERVICE}" \
      org.opencontainers.image.description="Enishi: ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Enishi" \
      io.enishi.sbom="/app/sbom.cdx.json"
COPY --from=production /rootfs/ /
COPY --from=production /app/ /app/
WORKDIR /app/services/${SERVICE}
ENV NODE_ENV=production PATH=/usr/local/bin NODE_COMPILE_CACHE=/app/.compile-cache
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps"]
CMD ["--import", "/app/libs/telemetry/dist/preload.js", "dist/main.js"]
