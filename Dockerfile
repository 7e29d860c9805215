# The server with the shipped checkpoints. What is made later (checkpoints, runs) lies in the volume /data.
#   docker build -t ganymede .
#   docker run --rm -p 4000:4000 -v ganymede:/data ganymede
# docs/run-in-a-container.md has more.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Scripts stay off: the libraries that run on a CPU lie in their packages, and the only download that a script would
# make is of CUDA libraries, which this image has no use for.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY web web
RUN npm run build
# ONNX Runtime's package holds the libraries of every system, 220 MB that Linux never opens.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/onnxruntime-node/bin/*/win32 node_modules/onnxruntime-node/bin/*/darwin

FROM node:24-slim
# tini passes signals on and reaps what trainings leave behind, which process 1 has to and Node does not.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json LICENSE ./
COPY recipes recipes
COPY examples/sample.py examples/sample.py
COPY feature-nets feature-nets
COPY bin bin
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN ln -s /app/bin/ganymede.js /usr/local/bin/ganymede
# A volume that is new and has a name begins with a copy of what the image has in its place: the shipped checkpoints.
COPY --chown=node:node checkpoints /data/checkpoints
RUN chown node:node /data /data/checkpoints

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    CHECKPOINTS=/data/checkpoints \
    AUTH=none
USER node
WORKDIR /data
VOLUME /data
EXPOSE 4000
# Ready is: a model is served, the engine works, and the process is not stopping.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "/app/dist/main.js"]
