//! Scan.

use std::num::NonZeroU32;

use partita_expression::{Condition, Projection};
use partita_model::capacity::Consistency;
use partita_model::{IndexName, Item, limits};

use super::expressions::{GivenMaps, refuse_mix};
use super::page::{GivenFilter, GivenPage, Page, legacy_parameters, positive};
use super::selection::GivenProjection;
use super::{ReturnCapacity, Select, TableRef};
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Cursor, Members, Pull, Taken, once};

/// Reads a page of a whole table or index, or of one segment of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Where.
    pub table: TableRef,
    /// The index to read; the table itself if absent.
    pub index: Option<IndexName>,
    /// Which items to return.
    pub filter: Option<Condition>,
    /// What to return of each.
    pub projection: Option<Projection>,
    /// As given; absent means what the index or table holds, or what the projection names.
    pub select: Option<Select>,
    /// How many items to evaluate at most.
    pub limit: Option<NonZeroU32>,
    /// The key after which the page begins; that it fits the key is still to be checked.
    pub start_key: Option<Item>,
    /// Which part of a parallel scan.
    pub segment: Option<Segment>,
    /// Whether the read must see every write acknowledged before it.
    pub consistency: Consistency,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

/// One part of a parallel scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// From zero, below `total`.
    pub index: u32,
    /// At least one, at most [`limits::SCAN_SEGMENTS_MAX`].
    pub total: u32,
}

/// A Scan's expressions and their legacy forms, as given.
#[derive(Default)]
struct Given<'b> {
    projection: GivenProjection<'b>,
    filter: GivenFilter<'b>,
    maps: GivenMaps,
}

/// The members of an unremarkable body.
#[derive(Default)]
struct Pulled<'b> {
    page: GivenPage<'b>,
    segment: GivenSegment,
    given: Given<'b>,
}

impl<'b> Pull<'b> for Pulled<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        let given = &mut self.given;
        match name {
            "Segment" => once(&mut self.segment.index, cursor.integer()),
            "TotalSegments" => once(&mut self.segment.total, cursor.integer()),
            _ => Some(
                self.page.member(name, cursor)?
                    || given.maps.member(name, cursor)?
                    || given.projection.member(name, cursor)?
                    || given.filter.member(name, cursor)?,
            ),
        }
    }
}

impl Scan {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let page = GivenPage::read(&mut members)?;
        let segment = GivenSegment::read(&mut members)?;
        let given = Given::read(&mut members)?;
        Self::of(page, &segment, given)
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        let Pulled { page, segment, given } = Pulled::pull_body(body)?;
        Self::of(page, &segment, given).ok()
    }

    fn of(page: GivenPage<'_>, segment: &GivenSegment, given: Given<'_>) -> Result<Self, ServiceError> {
        let mut violations = Violations::new();
        let mut page = page.check(&mut violations);
        given.check(&mut violations);
        segment.check(&mut violations);
        violations.finish()?;

        given.refuse_mix()?;
        let start_key = page.take_start_key()?;
        let segment = segment.pair()?;
        let (filter, projection) = given.compile(&page)?;
        Ok(Self {
            table: page.table,
            index: page.index,
            filter,
            projection,
            select: page.select,
            limit: page.limit,
            start_key,
            segment,
            consistency: page.consistency,
            capacity: page.capacity,
        })
    }
}

impl Given<'_> {
    fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            projection: GivenProjection::read(members)?,
            filter: GivenFilter::read("ScanFilter", members)?,
            maps: GivenMaps::read(members)?,
        })
    }

    fn check(&self, violations: &mut Violations) {
        self.projection.check(Place::member("attributesToGet"), violations);
        self.filter.check(Place::member("scanFilter"), violations);
    }

    fn refuse_mix(&self) -> Result<(), ServiceError> {
        let legacy = legacy_parameters(&self.projection, &self.filter);
        refuse_mix(&legacy, &[self.projection.expression(), self.filter.expression()])
    }

    fn compile(self, page: &Page) -> Result<(Option<Condition>, Option<Projection>), ServiceError> {
        let filter = self.filter.compile_legacy()?;
        let projection = self.projection.compile_legacy()?;
        page.check_select(&projection)?;
        let maps = self.maps.check(&[projection.accepted(), filter.accepted()])?;

        let substitutions = maps.substitutions()?;
        let projection = projection.parse(&substitutions)?;
        let filter = filter.parse(&substitutions)?;
        substitutions.finish()?;
        Ok((filter, projection))
    }
}

/// `Segment` and `TotalSegments`, as given.
#[derive(Default)]
struct GivenSegment {
    index: Option<i64>,
    total: Option<i64>,
}

impl GivenSegment {
    fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self { index: members.integer("Segment")?, total: members.integer("TotalSegments")? })
    }

    fn check(&self, violations: &mut Violations) {
        let most = limits::SCAN_SEGMENTS_MAX;
        if let Some(total) = self.total {
            positive("totalSegments", total, violations);
            if total > i64::from(most) {
                let constraint = Constraint::ValueMax(u64::from(most));
                violations.add(Place::member("totalSegments"), total.to_string(), constraint);
            }
        }
        if let Some(index) = self.index {
            if index < 0 {
                violations.add(Place::member("segment"), index.to_string(), Constraint::ValueMin(0));
            }
            if index >= i64::from(most) {
                let constraint = Constraint::ValueMax(u64::from(most) - 1);
                violations.add(Place::member("segment"), index.to_string(), constraint);
            }
        }
    }

    /// Both or none, once they are within their constraints.
    fn pair(&self) -> Result<Option<Segment>, ServiceError> {
        let whole = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        match (self.index.map(whole), self.total.map(whole)) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(ServiceError::total_segments_missing()),
            (None, Some(_)) => Err(ServiceError::segment_missing()),
            (Some(index), Some(total)) if index >= total => {
                Err(ServiceError::segment_out_of_range(index, total))
            }
            (Some(index), Some(total)) => Ok(Some(Segment { index, total })),
        }
    }
}
