"""Taking a dataset in: from the pieces of a body to disk, never much of it in memory, never in the event loop's way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import PurePath
from typing import Annotated

import anyio
from anyio.to_thread import run_sync
from fastapi import Depends, Request
from pydantic import ValidationError

from service.api.failures import RequestTimeout, TooManyUploads
from service.api.multipart import Form, boundary_of
from service.api.pieces import Pieces
from service.api.pointers import Sentences
from service.api.upload_form import UploadFields
from service.datasets.conversion import Converted, convert
from service.datasets.folders import datasets_dir, folder
from service.datasets.incoming import Incoming
from service.datasets.keep import Quota, Sent, keep, reserve
from service.datasets.workplace import Order
from service.errors import DomainError, InvalidRequest, MalformedBody, TooManyDatasets
from service.settings import Settings
from service.store.database import Database
from service.store.tables import Dataset

# Each may have as much on disk, and a process that converts it.
_MOST_AT_ONCE = 4
_SECONDS = 1800
_WRITTEN_AT_ONCE = 1 << 20


class Uploads:
    """Takes uploads, some at once, into the folder of datasets."""

    def __init__(self, settings: Settings) -> None:
        self.root = datasets_dir(settings.data_dir)
        self._max_upload_bytes = settings.max_upload_bytes
        self._max_data_bytes = settings.max_data_bytes
        self._quota = Quota(settings.max_datasets, settings.max_datasets_bytes)
        self._free = _MOST_AT_ONCE

    async def take(self, request: Request, database: Database, principal: str) -> Dataset:
        """The dataset made of a form; whatever goes wrong, nothing is left of it. Raises the domain's refusals."""
        form = Form(boundary_of(request.headers.get("content-type", "")), list(UploadFields.model_fields))
        pieces = Pieces(request, self._max_upload_bytes)
        with self._place():
            try:
                pieces.check()
                dataset_id = await run_sync(reserve, database, self.root, self._quota)
            except DomainError:
                await pieces.discard()
                raise
            async with self._incoming(dataset_id) as incoming:
                sent, converted = await self._received(incoming, form, pieces, principal)
            try:
                return await run_sync(keep, database, self._quota, dataset_id, sent, converted)
            except TooManyDatasets:
                await run_sync(incoming.discard)
                raise
            # After any other fault its entry may be there all the same; if not, a later upload sweeps it up.

    async def _received(self, incoming: Incoming, form: Form, pieces: Pieces, principal: str) -> tuple[Sent, Converted]:
        fields = await self._read(form, pieces, incoming)
        digest = await run_sync(incoming.close)
        order = Order(fields.target, fields.target_kind, self._max_data_bytes)
        converted = await convert(incoming.folder, order)
        await run_sync(incoming.converted)
        return Sent(principal, fields.name or _own_name(form), digest, incoming.bytes), converted

    async def _read(self, form: Form, pieces: Pieces, incoming: Incoming) -> UploadFields:
        with anyio.move_on_after(_SECONDS):
            try:
                return await self._stored(form, pieces, incoming)
            except RequestTimeout:
                raise
            except DomainError:
                await pieces.discard()
                raise
        raise RequestTimeout

    async def _stored(self, form: Form, pieces: Pieces, incoming: Incoming) -> UploadFields:
        waiting: list[bytes] = []
        size = 0
        while (piece := await pieces.next()) is not None:
            new = form.feed(piece)
            waiting += new
            size += sum(map(len, new))
            if incoming.bytes + size > self._max_upload_bytes:
                raise pieces.too_large()
            if size > _WRITTEN_AT_ONCE:
                await run_sync(incoming.write, waiting)
                waiting, size = [], 0
        await run_sync(incoming.write, waiting)
        if not form.complete:
            raise MalformedBody("The body is a form without its end; send it again.")
        if form.file_name is None:
            raise InvalidRequest(errors=[{"pointer": "/file", "detail": "`file` is required: CSV or NPZ."}])
        return _checked(form.values)

    @asynccontextmanager
    async def _incoming(self, dataset_id: str) -> AsyncIterator[Incoming]:
        incoming = await run_sync(Incoming, folder(self.root, dataset_id))
        try:
            yield incoming
        except BaseException:
            with anyio.CancelScope(shield=True):
                await run_sync(incoming.discard)
            raise

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._free <= 0:
            raise TooManyUploads
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


async def _uploads(request: Request) -> Uploads:
    return request.app.state.uploads  # type: ignore[no-any-return]


TheUploads = Annotated[Uploads, Depends(_uploads)]


def _checked(values: dict[str, str]) -> UploadFields:
    try:
        return UploadFields.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise InvalidRequest(errors=Sentences().of(details)) from error


def _own_name(form: Form) -> str:
    name = PurePath((form.file_name or "").replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())[:200]
