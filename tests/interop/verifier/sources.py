"""Where an auditor reads a log from: a gateway over HTTP (section 13) or a data directory (15)."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional, Protocol, Union

from .encoding import Malformed, Reader, base64_decode, text_decode
from .frames import CommitFrame, PayloadFrame, commit_frames, payload_frame_at
from .merkle import TILE_WIDTH, tile_path
from .policy import unrepeated
from .report import Report

ANSWER_MAX = 64 << 20
TIMEOUT_SECONDS = 30


class Unreadable(Exception):
    """The log cannot be read at all: nothing can be said of it."""


@dataclass(frozen=True)
class EpochDocument:
    statement: Optional[bytes]
    document: bytes


class LogSource(Protocol):
    def checkpoint(self) -> bytes:
        """The newest signed note."""

    def records(self, size: int) -> Iterable[bytes]:
        """The first `size` records."""

    def epochs(self) -> list[EpochDocument]:
        """Documents of all epochs, oldest first; the statement where the source repeats it."""

    def tile(self, level: int, index: int, width: int) -> Optional[bytes]:
        """A tile's bytes, b"" when the log has lost it, None when this source keeps no tiles."""

    def report_own_faults(self, report: Report) -> None:
        """Faults of the storage itself, which no rule of the log names."""


class HttpSource:
    def __init__(self, url: str) -> None:
        self._prefix = url.rstrip("/") + "/v1/"

    def checkpoint(self) -> bytes:
        return self._need("checkpoint")

    def records(self, size: int) -> Iterable[bytes]:
        for start in range(0, size, TILE_WIDTH):
            width = min(TILE_WIDTH, size - start)
            reader = Reader(self._tile("entries", start // TILE_WIDTH, width) or b"")
            try:
                # A full bundle may answer for a partial one that the log no longer keeps.
                for _ in range(width):
                    yield reader.take(reader.unsigned(2))
            except Malformed as error:
                raise Unreadable(f"entry bundle at {start}: {error}") from error

    def epochs(self) -> list[EpochDocument]:
        try:
            text = text_decode(self._need("epochs"))
            items = json.loads(text, object_pairs_hook=unrepeated)["epochs"]
            return [
                EpochDocument(base64_decode(item["statement"]), base64_decode(item["document"]))
                for item in items
            ]
        except (Malformed, ValueError, TypeError, KeyError) as error:
            raise Unreadable(f"the answer to /v1/epochs: {error!r}") from error

    def tile(self, level: int, index: int, width: int) -> Optional[bytes]:
        data = self._tile(str(level), index, width)
        return b"" if data is None else data[: 32 * width]

    def report_own_faults(self, report: Report) -> None:
        pass

    def _tile(self, level: str, index: int, width: int) -> Optional[bytes]:
        data = self._get(tile_path(level, index, width))
        if data is None and width < TILE_WIDTH:
            data = self._get(tile_path(level, index, TILE_WIDTH))
        return data

    def _need(self, path: str) -> bytes:
        data = self._get(path)
        if data is None:
            raise Unreadable(f"{self._prefix}{path} is not there")
        return data

    def _get(self, path: str) -> Optional[bytes]:
        try:
            with urllib.request.urlopen(self._prefix + path, timeout=TIMEOUT_SECONDS) as answer:
                data = answer.read(ANSWER_MAX + 1)
                # C2SP allows bundles to be compressed without being asked to.
                if answer.headers.get("Content-Encoding") == "gzip":
                    data = gzip.decompress(data)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise Unreadable(f"{self._prefix}{path}: {error}") from error
        except (OSError, EOFError, ValueError) as error:
            raise Unreadable(f"{self._prefix}{path}: {error}") from error
        if len(data) > ANSWER_MAX:
            raise Unreadable(f"{self._prefix}{path} is too long")
        return data


class DirectorySource:
    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if (path / "format").read_bytes() != b"sequencer-store/v1\n":
                raise Unreadable(f"{path} is not a data directory of this version")
            self._frames, self._torn = commit_frames(_joined(path / "log"))
            self._payloads = _joined(path / "payload")
        except (OSError, Malformed) as error:
            raise Unreadable(f"{path}: {error}") from error
        if not self._frames:
            raise Unreadable(f"{path} has no signed head")

    def checkpoint(self) -> bytes:
        return self._frames[-1].checkpoint

    def records(self, size: int) -> Iterable[bytes]:
        for frame in self._frames:
            yield from frame.records

    def epochs(self) -> list[EpochDocument]:
        documents: list[EpochDocument] = []
        while True:
            path = self._path / "epochs" / f"{len(documents)}.document"
            try:
                documents.append(EpochDocument(None, path.read_bytes()))
            except FileNotFoundError:
                return documents
            except OSError as error:
                raise Unreadable(f"{path}: {error}") from error

    def tile(self, level: int, index: int, width: int) -> Optional[bytes]:
        return None

    def report_own_faults(self, report: Report) -> None:
        if self._torn:
            report.refuse("frame", f"whole frames lie after {self._torn} damaged bytes", "log/")
        expected = 0
        for frame in self._frames:
            place = f"record {frame.first}"
            report.require(frame.first == expected, "frame", "a gap in the numbers", place)
            expected = frame.first + len(frame.records)

    @property
    def frames(self) -> list[CommitFrame]:
        return self._frames

    def payload_frame(self, offset: int) -> Union[PayloadFrame, str]:
        """The frame at `offset`, or what is wrong with it."""
        try:
            return payload_frame_at(self._payloads, offset)
        except Malformed as error:
            return str(error)


def _joined(folder: Path) -> bytes:
    """The segments of `folder` as the one stream that they are."""
    stream = bytearray()
    for path in sorted(folder.glob("*.seg")):
        if path.name != f"{len(stream):020d}.seg":
            raise Malformed(f"segment {path.name} does not begin at offset {len(stream)}")
        stream += path.read_bytes()
    return bytes(stream)
