"""Fits the mapper's weights to labelled forms, and says what they are worth on sites that were not fitted to.

`python -m tests.corpus.fit COLLECTION…` reads the collections in a browser, cross-validates by site, reports the scores
by the collections' own scorer (`score.py` beside them, where there is one) and writes brain/mapper/weights.json.
"""

import asyncio
import collections
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from activities.browser.specimens import read_specimens
from brain.mapper import FormContext, linear, map_fields
from brain.mapper.features import features
from brain.mapper.linear import LinearModel
from brain.mapper.reading import read_words
from deploy.cli.form_corpus import MARK, Prediction, pages_of
from deploy.runtime.browser_path import find_browser
from schema.contracts.form import FormField
from schema.contracts.profile import ProfileKey
from tests.corpus.collections import Form, Label, forms, labels

_OWN = Path(__file__).parents[1] / "brain" / "listings"
_FOLDS = 10
_KEYS = frozenset(ProfileKey)
_RARE = 3
_STRENGTH = 0.3
_WEIGHT = {"~": 0.4}
"""Pieces of words are many and say little: each counts for less."""

_LISTINGS_COUNT = 3.0
"""How many fields of other forms one of a listing form outweighs: those are what the mapper is for."""

_COVERED = frozenset(
    {
        ProfileKey.EMAIL, ProfileKey.PHONE, ProfileKey.STREET, ProfileKey.STREET2, ProfileKey.CITY, ProfileKey.STATE,
        ProfileKey.POSTAL_CODE, ProfileKey.COUNTRY, ProfileKey.ADDRESS, ProfileKey.CONTACT_NAME,
        ProfileKey.CONTACT_FIRST_NAME, ProfileKey.CONTACT_MIDDLE_NAME, ProfileKey.CONTACT_LAST_NAME,
    }
)  # fmt: skip
"""What a collection of sign-ups and checkouts has labels for: of any other key, its "unknown" says nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """A field's features, what the words say of it, and what it is."""

    features: list[str]
    said: dict[str, float]
    target: str
    counts: float = 1.0


@dataclass
class Row:
    """One form of one collection, with its features and what is to be learned of each field ("" for nothing)."""

    collection: Path
    form: Form
    site: str
    features: list[list[str]] = field(default_factory=list)
    said: list[dict[str, float]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    alone: list[Example] = field(default_factory=list)
    """The same fields with nothing but their labels, and no form around them: what is said outright must do."""

    @property
    def examples(self) -> list[Example]:
        """What there is to learn from."""
        rows = zip(self.features, self.said, self.targets, strict=True)
        counts = _LISTINGS_COUNT if self.collection.name == "listings" else 1.0
        return [*(Example(*row, counts) for row in rows if row[-1]), *self.alone]


async def read(folder: Path) -> list[Row]:
    """All forms of a collection, in the order of its pages."""
    known = {(label.file, label.idx): label for label in labels(folder) if label.annotated}
    rows: list[Row] = []
    async for specimen in read_specimens(find_browser(None), pages_of(folder), MARK):
        if specimen.page is None:
            print(f"{specimen.file.name} could not be read: {specimen.failure}", file=sys.stderr)
            continue
        name = f"html/{specimen.file.name}"
        found = forms(name, specimen.page, dict(specimen.marks))
        rows.extend(Row(folder, form, _site(folder, specimen.file)) for form in found)
    rows.sort(key=lambda row: row.form.file)
    for row in rows:
        prepare(row, known)
    return rows


def prepare(row: Row, known: Mapping[tuple[str, int], Label]) -> None:
    """Features and targets of one form."""
    words = read_words(row.form.fields)
    row.features = features(row.form.fields, row.form.context, words)
    row.said = [words.said(item.handle) for item in row.form.fields]
    row.targets = []
    for item, places in zip(row.form.fields, row.form.places, strict=True):
        label = next((known[row.form.file, at] for at in places if (row.form.file, at) in known), None)
        target = label.stands_for if label else ""
        mailish = "mail" in f"{[text.text for text in item.labels]}{item.name}{item.id}{item.kind}".lower()
        if label and label.profile_key == "email_or_none" and mailish:
            target = ""
        if label and label.label == "unknown" and words.meanings[item.handle].concept in _KEYS - _COVERED:
            target = ""
        row.targets.append(target)
        reading = words.meanings[item.handle].concept
        contradicted = isinstance(reading, ProfileKey) and target not in _KEYS
        if target and item.labels and not contradicted and row.collection.name == "listings":
            row.alone.append(_alone(item, target))


def _alone(item: FormField, target: str) -> Example:
    bare = (item.model_copy(update={"name": "", "id": "", "section": "", "handle": "alone"}),)
    words = read_words(bare)
    return Example(features(bare, FormContext(), words)[0], words.said("alone"), target)


def _site(folder: Path, page: Path) -> str:
    """Pages of one site are never fitted to and measured on at once."""
    if folder.name == "formasaurus":
        return f"{folder.name}/{page.stem.split('_')[0]}"
    if folder.name == "duckduckgo":
        return f"{folder.name}/{page.stem.split('_')[0]}"
    return f"{folder.name}/{re.sub('-[a-z]{2}$', '', page.stem)}"


def _folds(rows: Sequence[Row]) -> list[int]:
    """The fold of each form: one site, one host that is posted to, or one list of field names, in one fold."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for row in rows:
        host = urlsplit(row.form.context.action).hostname
        names = " ".join(sorted({item.name for item in row.form.fields if item.name}))
        for other in (f"host {host}" if host else "", f"names {names}" if len(names) > 18 else ""):
            if other:
                parent[root(row.site)] = root(other)
    groups = sorted({root(row.site) for row in rows})
    np.random.RandomState(1).shuffle(groups)
    fold = {group: place % _FOLDS for place, group in enumerate(groups)}
    return [fold[root(row.site)] for row in rows]


def fit(rows: Sequence[Row]) -> LinearModel:
    """The weights that tell these rows' targets best beyond what the words say, without leaning on any one of them."""
    examples = [example for row in rows for example in row.examples]
    meanings = sorted({example.target for example in examples} | _KEYS)
    place = {meaning: at for at, meaning in enumerate(meanings)}
    seen = collections.Counter(name for example in examples for name in example.features)
    names = sorted(name for name, count in seen.items() if count >= _RARE)
    column = {name: at for at, name in enumerate(names)}
    scale = np.array([_WEIGHT.get(name[1:2], 1.0) for name in names])
    matrix = _matrix([[column[name] for name in example.features if name in column] for example in examples], scale)
    start = np.zeros((len(examples), len(meanings)))
    for at, example in enumerate(examples):
        for meaning, strength in example.said.items():
            if meaning in place:
                start[at, place[meaning]] = linear.TRUST * strength
    target = np.array([place[example.target] for example in examples])
    counts = np.array([example.counts for example in examples])
    weights, bias = _regression(matrix, start, target, counts)
    whole = np.rint(weights * scale[:, None] * linear.SCALE).astype(int)
    kept = {}
    for name, row in zip(names, whole, strict=True):
        found = np.nonzero(row)[0]
        if len(found):
            kept[name] = tuple(int(x) for at in found for x in (at, row[at]))
    return LinearModel(tuple(meanings), tuple(round(float(b), 3) for b in bias), kept)


def _matrix(columns: Sequence[Sequence[int]], scale: NDArray[np.float64]) -> sparse.csr_matrix:
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([at for row in columns for at in row], dtype=np.int32)
    return sparse.csr_matrix((scale[flat], flat, ends), shape=(len(columns), len(scale)))


def _regression(
    matrix: sparse.csr_matrix, start: NDArray[np.float64], target: NDArray[np.int64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Multinomial logistic regression with a starting score and a count per row; L2 on the weights, not on the bias."""
    examples, meanings = start.shape
    features = matrix.shape[1]
    hit = np.zeros_like(start)
    hit[np.arange(examples), target] = 1
    transposed = matrix.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(features + 1, meanings)
        scores = matrix @ weights[:-1] + weights[-1] + start
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        off = (np.exp(logs) - hit) * counts[:, None]
        slope = np.vstack(
            [_STRENGTH * (transposed @ off) + weights[:-1], _STRENGTH * off.sum(axis=0) + 1e-3 * weights[-1]]
        )
        large = (weights[:-1] ** 2).sum() / 2 + 5e-4 * (weights[-1] ** 2).sum()
        return float(large - _STRENGTH * (logs[hit == 1] * counts).sum()), slope.ravel()

    found = optimize.minimize(
        loss, np.zeros((features + 1) * meanings), jac=True, method="L-BFGS-B", options={"maxiter": 100, "ftol": 1e-6}
    )
    solved = found.x.reshape(features + 1, meanings)
    return solved[:-1], solved[-1]


def predictions(rows: Sequence[Row], model: LinearModel) -> list[Prediction]:
    """What the mapper makes of each labelled element with these weights."""
    out = []
    for row in rows:
        meanings = map_fields(row.form.fields, row.form.context, model)
        for item, places in zip(row.form.fields, row.form.places, strict=True):
            meaning = meanings[item.handle]
            key = meaning.concept if isinstance(meaning.concept, ProfileKey) else None
            out += [
                Prediction(file=row.form.file, idx=place, pred=key, confidence=meaning.confidence) for place in places
            ]
    return out


def cross_validate(rows: Sequence[Row]) -> list[tuple[Path, Prediction]]:
    """Each form's predictions by weights that were fitted without its site."""
    folds = _folds(rows)

    def one(fold: int) -> list[tuple[Path, Prediction]]:
        model = fit([row for row, at in zip(rows, folds, strict=True) if at != fold])
        held_out = [row for row, at in zip(rows, folds, strict=True) if at == fold]
        return [(row.collection, line) for row in held_out for line in predictions([row], model)]

    return [line for fold in range(_FOLDS) for line in one(fold)]


def report(lines: Sequence[tuple[Path, Prediction]], scorer: Path) -> None:
    """Precision, recall and F1 of each collection, by the collections' own scorer."""
    for folder in sorted({folder for folder, _ in lines}):
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch, "predictions.jsonl")
            file.write_text("".join(f"{line.model_dump_json()}\n" for at, line in lines if at == folder))
            scored = folder
            if not (folder / "labels.jsonl").exists():
                scored = Path(scratch)
                texts = [path.read_text("utf-8") for path in sorted((folder / "labels").glob("*.jsonl"))]
                (scored / "labels.jsonl").write_text("".join(texts), "utf-8")
            answer = subprocess.run(
                [sys.executable, scorer, scored, file, "--json"], check=True, capture_output=True, text=True
            )
        told = json.loads(answer.stdout)
        micro, alone = told["micro"], told["must_be_left_alone"]
        print(
            f"{folder.name:12} P {micro['precision']:.3f}  R {micro['recall']:.3f}  F1 {micro['f1']:.3f}"
            f"  filled though to be left alone: {alone['filled']} of {alone['fields']}"
        )


def save(model: LinearModel) -> None:
    """Writes the weights, one feature a line, so that a change can be read."""
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(pairs, separators=(',', ':'))}"
        for name, pairs in sorted(model.weights.items())
    ]
    head = f'"meanings":{json.dumps(model.meanings)},\n"bias":{json.dumps(model.bias)}'
    linear.FILE.write_text(f'{{{head},\n"weights":{{\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


async def main(folders: Sequence[Path]) -> None:
    rows = [row for folder in [*folders, _OWN] for row in await read(folder)]
    print(f"{len(rows)} forms, {sum(bool(target) for row in rows for target in row.targets)} labelled fields")
    report(cross_validate(rows), folders[0].parent / "score.py")
    save(fit(rows))


if __name__ == "__main__":
    asyncio.run(main([Path(argument) for argument in sys.argv[1:]]))
