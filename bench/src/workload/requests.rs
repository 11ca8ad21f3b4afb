//! The bodies of requests, one after the other.

use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use super::items::write_key;
use super::{BATCH_ITEMS, Items, QUERY_ITEMS, TRANSACT_ITEMS, Workload};
use crate::keys::Keys;
use crate::plan::Plan;

/// What one connection asks.
#[derive(Debug)]
pub(crate) struct Requests {
    workload: Workload,
    /// `"TableName":"…"`.
    table: String,
    items: Items,
    keys: Keys,
    random: SmallRng,
    scan: Scan,
}

/// Where the scan of a segment stands.
#[derive(Debug)]
struct Scan {
    segment: usize,
    segments: usize,
    /// `LastEvaluatedKey` of the page before, in JSON.
    after: Option<String>,
}

impl Requests {
    /// For connection number `connection` of the plan.
    pub(crate) fn new(plan: &Plan, items: Items, connection: usize) -> Self {
        let count = match plan.workload {
            Workload::Query => plan.keys / QUERY_ITEMS,
            _ => plan.keys,
        };
        let stream = u64::try_from(connection).expect("connections are few") + 1;
        Self {
            workload: plan.workload,
            table: format!(r#""TableName":"{}""#, plan.table()),
            items,
            keys: Keys::new(count, plan.distribution),
            random: SmallRng::seed_from_u64(plan.seed.wrapping_add(stream)),
            scan: Scan { segment: connection, segments: plan.connections, after: None },
        }
    }

    /// Writes the next body over what is there.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) {
        body.clear();
        body.push(b'{');
        match self.workload {
            Workload::Put | Workload::GsiWrite => self.put(body),
            Workload::Get => self.get(body),
            Workload::Update => self.update(body),
            Workload::Query => self.query(body),
            Workload::BatchWrite => self.batch_write(body),
            Workload::TransactWrite => self.transact_write(body),
            Workload::Scan => self.scan(body),
        }
        body.push(b'}');
    }

    /// Where the next page of a scan begins; at the front again if the page was the last.
    pub(crate) fn scanned_to(&mut self, after: Option<String>) {
        self.scan.after = after;
    }

    fn put(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(self.table.as_bytes());
        body.extend_from_slice(b",\"Item\":");
        let number = self.keys.choose(&mut self.random);
        self.items.write(number, &mut self.random, body);
    }

    fn get(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(self.table.as_bytes());
        self.key(body);
        body.extend_from_slice(b",\"ConsistentRead\":true");
    }

    fn update(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(self.table.as_bytes());
        self.key(body);
        body.extend_from_slice(
            br#","UpdateExpression":"SET hits = hits + :one","ConditionExpression":"hits >= :zero","ExpressionAttributeValues":{":one":{"N":"1"},":zero":{"N":"0"}}"#,
        );
    }

    fn query(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(self.table.as_bytes());
        body.extend_from_slice(
            br#","KeyConditionExpression":"id = :id","ExpressionAttributeValues":{":id":{"S":""#,
        );
        write_key(self.keys.choose(&mut self.random), body);
        body.extend_from_slice(b"\"}},\"ConsistentRead\":true");
    }

    fn batch_write(&mut self, body: &mut Vec<u8>) {
        // Here the table is the name of a member.
        let name = self.table.split_once(':').map_or("", |(_, name)| name);
        body.extend_from_slice(b"\"RequestItems\":{");
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b":[");
        for (position, number) in self.keys.choose_distinct(BATCH_ITEMS, &mut self.random).enumerate() {
            separate(position, body);
            body.extend_from_slice(b"{\"PutRequest\":{\"Item\":");
            self.items.write(number, &mut self.random, body);
            body.extend_from_slice(b"}}");
        }
        body.extend_from_slice(b"]}");
    }

    fn transact_write(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(b"\"TransactItems\":[");
        for (position, number) in self.keys.choose_distinct(TRANSACT_ITEMS, &mut self.random).enumerate() {
            separate(position, body);
            body.extend_from_slice(b"{\"Put\":{");
            body.extend_from_slice(self.table.as_bytes());
            body.extend_from_slice(b",\"Item\":");
            self.items.write(number, &mut self.random, body);
            body.extend_from_slice(b"}}");
        }
        body.push(b']');
    }

    fn scan(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(self.table.as_bytes());
        let Scan { segment, segments, after } = &self.scan;
        body.extend_from_slice(
            format!(r#","ConsistentRead":true,"Segment":{segment},"TotalSegments":{segments}"#).as_bytes(),
        );
        if let Some(after) = after {
            body.extend_from_slice(b",\"ExclusiveStartKey\":");
            body.extend_from_slice(after.as_bytes());
        }
    }

    fn key(&mut self, body: &mut Vec<u8>) {
        body.extend_from_slice(b",\"Key\":{\"id\":{\"S\":\"");
        write_key(self.keys.choose(&mut self.random), body);
        body.extend_from_slice(b"\"}}");
    }
}

fn separate(position: usize, body: &mut Vec<u8>) {
    if position > 0 {
        body.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;
    use crate::tests::plan;

    fn requests(workload: Workload) -> Requests {
        let plan = Plan { workload, ..plan("http://127.0.0.1:1") };
        let items = Items::new(workload.layout(), plan.item_bytes, plan.seed);
        Requests::new(&plan, items, 3)
    }

    fn next(requests: &mut Requests) -> Value {
        let mut body = b"left over".to_vec();
        requests.next(&mut body);
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn every_body_is_json_and_names_the_table() {
        for workload in Workload::ALL {
            let body = next(&mut requests(workload)).to_string();
            assert!(body.contains(workload.default_table()), "{workload}: {body}");
        }
    }

    #[test]
    fn reads_are_strong() {
        for workload in [Workload::Get, Workload::Query, Workload::Scan] {
            assert_eq!(next(&mut requests(workload))["ConsistentRead"], true, "{workload}");
        }
    }

    #[test]
    fn batches_are_full_and_name_no_key_twice() {
        let body = next(&mut requests(Workload::BatchWrite));
        let writes = body["RequestItems"]["partita-bench-items"].as_array().unwrap();
        let keys: HashSet<&str> =
            writes.iter().map(|write| write["PutRequest"]["Item"]["id"]["S"].as_str().unwrap()).collect();
        assert_eq!((writes.len(), keys.len()), (25, 25));
        let body = next(&mut requests(Workload::TransactWrite));
        assert_eq!(body["TransactItems"].as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_scan_goes_on_where_it_was() {
        let mut requests = requests(Workload::Scan);
        let first = next(&mut requests);
        assert_eq!((&first["Segment"], &first["TotalSegments"]), (&3.into(), &4.into()));
        assert!(first.get("ExclusiveStartKey").is_none());
        requests.scanned_to(Some(r#"{"id":{"S":"key-000000000007"}}"#.to_owned()));
        assert_eq!(next(&mut requests)["ExclusiveStartKey"]["id"]["S"], "key-000000000007");
        requests.scanned_to(None);
        assert_eq!(next(&mut requests), first);
    }

    #[test]
    fn equal_seeds_ask_the_same() {
        let (mut one, mut other) = (requests(Workload::Put), requests(Workload::Put));
        assert_eq!(next(&mut one), next(&mut other));
    }
}
