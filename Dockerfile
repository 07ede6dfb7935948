# The image of the service: built with all tools, shipped without them.
#
#   docker build -t chat-service .                         on Node
#   docker build -t chat-service:deno --target deno .      on Deno

# What the service needs while it runs. Nothing of it has to be compiled, so no package may run a script.
FROM node:24.21.0-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f -name '*.map' -delete

# What the build needs, on top.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY drizzle drizzle
COPY tsconfig.json ./
COPY src src
RUN npm run build

# On Deno: the source as it is, with no permission that it does not need (as `deno task start`, but for the data).
FROM denoland/deno:debian-2.9.6 AS deno
RUN install -d -o 10001 -g 10001 -m 700 /data
ENV NODE_ENV=production DATA_DIR=/data DENO_NO_UPDATE_CHECK=1
WORKDIR /app
COPY package.json deno.json ./
COPY migrations migrations
COPY --from=modules /app/node_modules node_modules
COPY drizzle drizzle
COPY src src
# Compiled now, since the account that runs it can write nothing but its data.
RUN deno cache src/runtime/deno.ts src/runtime/cli/deno-migrate.ts
USER 10001:10001
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["deno", "eval", "fetch(`http://127.0.0.1:${Deno.env.get('PORT') || 3000}/health`).then((r) => Deno.exit(r.ok ? 0 : 1), () => Deno.exit(1))"]
ENTRYPOINT []
CMD ["deno", "run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read=.,/usr/bin/ldd,/data", "--allow-write=/data", "--allow-ffi=./node_modules", "--allow-sys=hostname", "src/runtime/deno.ts"]

# The default target is the last one.
FROM node:24.21.0-bookworm-slim AS node
# npm and what comes with it are not needed to run anything here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
 && install -d -o 10001 -g 10001 -m 700 /data
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY package.json ./
COPY migrations migrations
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
# A number: Kubernetes takes a name for root until told otherwise.
USER 10001:10001
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No npm in between: it would not pass SIGTERM on to the service.
CMD ["node", "dist/main.js"]
