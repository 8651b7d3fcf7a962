# The gateway, without development tools, as a user without rights, for a read-only file system.
#
#   docker build -t evrmore-gateway .
#   docker run --rm --read-only -p 127.0.0.1:8765:8765 evrmore-gateway serve --simulate --insecure

ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# Compiles TypeScript.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: `prepare` would compile before the sources are here, and zeromq brings its binaries along.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# What runs: the dependencies of production alone, without the binaries of other systems (15 MB).
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && cd node_modules/zeromq/build \
 && rm -rf darwin win32 \
 && find linux -mindepth 1 -maxdepth 1 ! -name "$(node -p process.arch)" -exec rm -rf {} + \
 && cd /app \
 && node --input-type=module -e "await import('zeromq')"

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="evrmore-gateway" \
      org.opencontainers.image.description="Real-time data from an Evrmore node over WebSocket." \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
# The folder of the node's cookie has the right owner also where this container makes the shared volume.
RUN install -d -o node -g node -m 0700 /run/evrmore
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# In a container, loopback would be the container's own: what is published decides who reaches the port. The gateway starts with a
# certificate (EVRMORE_GATEWAY_TLS_CERT, …_KEY), or with EVRMORE_GATEWAY_INSECURE=true where the port is published on loopback alone or
# something in front of it encrypts: that is not for the image to say.
ENV NODE_ENV=production \
    EVRMORE_GATEWAY_HOST=0.0.0.0
USER node
EXPOSE 8765
# Podman and Buildah leave it out of the image unless it is built with --format docker.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "dist/main.js", "health-check"]
# The exec form: signals reach the gateway itself, which then closes its clients.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
