"""PynamoDB: models, indexes, conditions, transactions and expiry."""

import os
import time
from datetime import datetime, timedelta, timezone

import pytest
from pynamodb.attributes import (
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from conftest import ENDPOINT, arguments

SETTINGS = arguments()


class Place(MapAttribute):
    city = UnicodeAttribute()
    floor = NumberAttribute(null=True)


class ByForum(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-forum"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class ByAuthor(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-author"
        projection = IncludeProjection(["views"])

    author = UnicodeAttribute(hash_key=True)


class ByDate(LocalSecondaryIndex):
    class Meta:
        index_name = "by-date"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    posted = UTCDateTimeAttribute(range_key=True)


class Common:
    host = ENDPOINT
    region = SETTINGS["region_name"]
    aws_access_key_id = SETTINGS["aws_access_key_id"]
    aws_secret_access_key = SETTINGS["aws_secret_access_key"]
    billing_mode = "PAY_PER_REQUEST"
    max_retry_attempts = 0


class Post(Model):
    class Meta(Common):
        table_name = f"pynamodb-posts-{os.getpid()}"

    forum = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    author = UnicodeAttribute(null=True)
    views = NumberAttribute(default=0)
    posted = UTCDateTimeAttribute(null=True)
    tags = NumberSetAttribute(null=True)
    place = Place(null=True)
    replies = ListAttribute(default=list)
    extra = JSONAttribute(null=True)
    by_author = ByAuthor()
    by_date = ByDate()


class View(Model):
    class Meta(Common):
        table_name = f"pynamodb-views-{os.getpid()}"

    page = UnicodeAttribute(hash_key=True)
    forum = UnicodeAttribute()
    views = NumberAttribute(default=0)
    version = VersionAttribute()
    expires = TTLAttribute(null=True)
    by_forum = ByForum()


@pytest.fixture(scope="module", autouse=True)
def tables():
    for model in (Post, View):
        model.create_table(wait=True)
    yield
    for model in (Post, View):
        model.delete_table()


def eventually(ask, enough):
    """Global indexes follow their table."""
    deadline = time.monotonic() + 10
    while not enough(answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def test_models_are_saved_and_found():
    when = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
    post = Post("f", "s", author="ann", posted=when, tags={1, 2.5}, place=Place(city="Ulm", floor=3), extra={"a": [1]})
    post.save()
    found = Post.get("f", "s", consistent_read=True)
    assert (found.posted, found.tags, found.place.city, found.extra) == (when, {1, 2.5}, "Ulm", {"a": [1]})
    with pytest.raises(PutError) as refused:
        post.save(Post.subject.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    found.update(
        actions=[
            Post.views.add(5),
            Post.place.floor.set(Post.place.floor + 1),
            Post.replies.set(Post.replies.append(["r"])),
            Post.tags.delete({1}),
            Post.author.remove(),
        ],
        condition=(Post.views == 0) & Post.author.startswith("a"),
    )
    assert (found.views, found.place.floor, found.replies, found.tags, found.author) == (5, 4, ["r"], {2.5}, None)
    with pytest.raises(UpdateError):
        found.update(actions=[Post.views.set(1)], condition=Post.views.between(100, 200))
    with pytest.raises(DeleteError):
        found.delete(Post.views.is_in(6, 7))
    found.delete(Post.place.city == "Ulm")
    with pytest.raises(DoesNotExist):
        found.refresh()


def test_queries_go_by_key_and_by_every_index():
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    with Post.batch_write() as batch:
        for n in range(60):
            batch.save(Post("q", f"s{n:02}", author=f"a{n % 3}", views=n, posted=start + timedelta(days=60 - n)))
    assert len(list(Post.query("q", Post.subject.startswith("s1")))) == 10
    assert [p.subject for p in Post.query("q", Post.subject > "s50", scan_index_forward=False, limit=2)] == ["s59", "s58"]
    assert [p.views for p in Post.by_date.query("q", Post.posted < start + timedelta(days=4))] == [59, 58, 57]
    found = eventually(lambda: list(Post.by_author.query("a1")), lambda found: len(found) == 20)
    assert sorted(post.views for post in found) == list(range(1, 60, 3))
    assert all(post.posted is None for post in found), "only what the index projects"
    assert Post.count("q", filter_condition=Post.views >= 30) == 30
    pages = Post.query("q", page_size=7)
    assert len(list(pages)) == 60 and pages.last_evaluated_key is None
    keys = [("q", f"s{n:02}") for n in range(0, 60, 2)] + [("q", "none")]
    assert len(list(Post.batch_get(keys))) == 30
    assert sum(1 for _ in Post.scan(Post.views < 10)) == 10


def test_a_version_guards_against_lost_updates():
    View(page="v", forum="f").save()
    one, other = View.get("v"), View.get("v")
    one.views = 1
    one.save()
    assert one.version == 2
    other.views = 7
    with pytest.raises(PutError):
        other.save()
    View(page="w", forum="f", views=9).save()
    found = eventually(lambda: list(View.by_forum.query("f", View.views > 0)), lambda found: len(found) == 2)
    assert [(view.page, view.views) for view in found] == [("v", 1), ("w", 9)]


def test_transactions():
    connection = Connection(region=SETTINGS["region_name"], host=ENDPOINT, aws_access_key_id=SETTINGS["aws_access_key_id"], aws_secret_access_key=SETTINGS["aws_secret_access_key"])
    Post("t", "1", views=10).save()

    def move(token):
        with TransactWrite(connection=connection, client_request_token=f"{token}-{os.getpid()}") as transaction:
            transaction.update(Post("t", "1"), actions=[Post.views.add(-10)], condition=Post.views >= 10)
            transaction.save(Post("t", "2", views=10), condition=Post.subject.does_not_exist())
            transaction.condition_check(Post, "t", "3", condition=Post.forum.does_not_exist())

    move("first")
    move("first")
    with pytest.raises(TransactWriteError) as refused:
        move("second")
    reasons = [reason and reason.code for reason in refused.value.cancellation_reasons]
    assert reasons == [None, "ConditionalCheckFailed", "ConditionalCheckFailed"], "checks, puts, updates: as PynamoDB sends them"
    with TransactGet(connection=connection) as transaction:
        one, two, none = (transaction.get(Post, "t", sort) for sort in ("1", "2", "3"))
    assert (one.get().views, two.get().views) == (0, 10)
    with pytest.raises(Post.DoesNotExist):
        none.get()


def test_the_expiry_is_set_on_the_table(client):
    described = client.describe_time_to_live(TableName=View.Meta.table_name)["TimeToLiveDescription"]
    assert described["AttributeName"] == "expires"
    assert described["TimeToLiveStatus"] in ("ENABLING", "ENABLED")
    view = View(page="expiring", forum="f", expires=timedelta(hours=1))
    view.save()
    assert View.get("expiring").expires > datetime.now(timezone.utc)
