"""The same server in Python as its experts would write it: FastAPI and Strawberry on uvloop and httptools, parsed and
validated documents cached, JSON by orjson, and requests of one moment in one batch.

usage: uvicorn graphql_app:app --port N --workers N --loop uvloop --http httptools --no-access-log
"""

import asyncio
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import orjson
import strawberry
from fastapi import FastAPI, Response
from gan import Gan
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter

MOST_ROWS = 64
gans = {name: Gan(name) for name in ("mnist", "faces")}


class Batcher:
    """While the one thread of a model is busy requests wait; then as many go as fit."""

    def __init__(self, gan):
        self.gan = gan
        self.thread = ThreadPoolExecutor(1)
        self.waiting = []
        self.task = None

    async def run(self, seeds, scored):
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((seeds, scored, future))
        if self.task is None:
            self.task = asyncio.create_task(self.work())
        return await future

    async def work(self):
        await asyncio.sleep(0)  # those of the same moment go together
        while self.waiting:
            batch, rows = [], 0
            while self.waiting and (not batch or rows + len(self.waiting[0][0]) <= MOST_ROWS):
                batch.append(self.waiting.pop(0))
                rows += len(batch[-1][0])
            seeds = np.concatenate([seeds for seeds, _, _ in batch])
            scored = any(scored for _, scored, _ in batch)
            results = await asyncio.get_running_loop().run_in_executor(self.thread, self.compute, seeds, scored)
            at = 0
            for own, _, future in batch:
                future.set_result(tuple(part if part is None else part[at : at + len(own)] for part in results))
                at += len(own)
        self.task = None

    def compute(self, seeds, scored):
        z = self.gan.latents(seeds)
        images = self.gan.images(z)
        return z, images, self.gan.logits(images) if scored else None


batchers = {name: Batcher(gan) for name, gan in gans.items()}
Seed = strawberry.scalar(type("Seed", (int,), {}), name="Seed", serialize=int, parse_value=int)


@strawberry.type
class Score:
    logit: float
    probability: float


@strawberry.type
class Image:
    data_uri: str


@strawberry.type
class Sample:
    z: strawberry.scalars.JSON
    score: Score | None
    image: Image | None


def selected(info):
    return {field.name for field in info.selected_fields[0].selections}


@strawberry.type
class Query:
    @strawberry.field
    async def sample(self, info: strawberry.Info, model: str, count: int = 1, seed: Seed = 0) -> list[Sample]:
        names = selected(info)
        seeds = int(seed) + np.arange(count)
        z, images, logits = await batchers[model].run(seeds, "score" in names)
        scores = [None] * count
        if "score" in names:
            scores = [Score(logit=a, probability=b) for a, b in zip(logits.ravel().tolist(), (1 / (1 + np.exp(-logits))).ravel().tolist())]
        pictures = [None] * count
        if "image" in names:
            pictures = [Image(data_uri="data:image/png;base64," + b64encode(file).decode()) for file in gans[model].pngs(images)]
        latents = list(z) if "z" in names else [None] * count
        return [Sample(z=latents[i], score=scores[i], image=pictures[i]) for i in range(count)]


class Router(GraphQLRouter):
    def encode_json(self, data):
        return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


schema = strawberry.Schema(Query, extensions=[lambda: ParserCache(128), lambda: ValidationCache(128)])
app = FastAPI()
app.include_router(Router(schema), prefix="/graphql")


@app.get("/images/{model}/{version}/{seed}.png")
async def image(model: str, version: int, seed: int):
    _, images, _ = await batchers[model].run(np.array([seed]), False)
    return Response(gans[model].pngs(images)[0], media_type="image/png", headers={"cache-control": "public, max-age=31536000, immutable"})


@app.get("/readyz")
async def ready():
    return {"status": "ready"}
