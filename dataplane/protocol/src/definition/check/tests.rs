use partita_model::descriptor::{BillingMode, StreamView};
use partita_model::schema::KeyType;
use partita_model::{IndexName, ScalarType};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::definition::{
    AttributeDefinition, GlobalIndexDefinition, KeySchemaElement, LocalIndexDefinition, OnDemandThroughput,
    ProjectionDefinition, ProjectionType, ProvisionedThroughput, SseSpecification, SseType,
    StreamSpecification, TableDefinition, Tag, WarmThroughput,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abc]", 1 => Just(String::new()), 1 => "\\PC{0,4}"]
}

fn scalar() -> impl Strategy<Value = ScalarType> {
    prop_oneof![Just(ScalarType::S), Just(ScalarType::N), Just(ScalarType::B)]
}

fn element() -> impl Strategy<Value = KeySchemaElement> {
    (name(), prop_oneof![Just(KeyType::Hash), Just(KeyType::Range)])
        .prop_map(|(attribute_name, key_type)| KeySchemaElement { attribute_name, key_type })
}

fn units() -> impl Strategy<Value = ProvisionedThroughput> {
    let number = || prop_oneof![0_u64..3, any::<u64>()];
    (number(), number()).prop_map(|(read_capacity_units, write_capacity_units)| ProvisionedThroughput {
        read_capacity_units,
        write_capacity_units,
    })
}

fn projection() -> impl Strategy<Value = ProjectionDefinition> {
    let kind =
        prop_oneof![Just(ProjectionType::All), Just(ProjectionType::KeysOnly), Just(ProjectionType::Include)];
    (option::of(kind), option::of(vec(name(), 0..4))).prop_map(|(projection_type, non_key_attributes)| {
        ProjectionDefinition { projection_type, non_key_attributes }
    })
}

fn local() -> impl Strategy<Value = LocalIndexDefinition> {
    (name(), vec(element(), 0..4), projection()).prop_map(|(index_name, key_schema, projection)| {
        LocalIndexDefinition { index_name: IndexName::new(index_name), key_schema, projection }
    })
}

fn global() -> impl Strategy<Value = GlobalIndexDefinition> {
    (local(), option::of(units()), option::of(any::<i64>()), option::of(any::<u64>())).prop_map(
        |(index, provisioned_throughput, ceiling, warm)| GlobalIndexDefinition {
            index_name: index.index_name,
            key_schema: index.key_schema,
            projection: index.projection,
            provisioned_throughput,
            warm_throughput: warm.map(|units| WarmThroughput {
                read_units_per_second: Some(units),
                write_units_per_second: None,
            }),
            on_demand_throughput: ceiling.map(|units| OnDemandThroughput {
                max_read_request_units: Some(units),
                max_write_request_units: None,
            }),
        },
    )
}

fn settings()
-> impl Strategy<Value = (Option<StreamSpecification>, Option<SseSpecification>, Option<Vec<Tag>>)> {
    let stream = (any::<bool>(), option::of(Just(StreamView::NewImage))).prop_map(
        |(stream_enabled, stream_view_type)| StreamSpecification { stream_enabled, stream_view_type },
    );
    let sse = (option::of(any::<bool>()), option::of(Just(SseType::Kms)), option::of(name())).prop_map(
        |(enabled, sse_type, kms_master_key_id)| SseSpecification { enabled, sse_type, kms_master_key_id },
    );
    let tag = (name(), name()).prop_map(|(key, value)| Tag { key, value });
    (option::of(stream), option::of(sse), option::of(vec(tag, 0..4)))
}

prop_compose! {
    fn definition()(
        attributes in vec((name(), scalar()), 0..4),
        key_schema in vec(element(), 0..4),
        mode in option::of(prop_oneof![Just(BillingMode::Provisioned), Just(BillingMode::PayPerRequest)]),
        throughput in option::of(units()),
        local in option::of(vec(local(), 0..7)),
        global in option::of(vec(global(), 0..22)),
        (stream, sse, tags) in settings(),
    ) -> TableDefinition {
        let attribute = |(attribute_name, attribute_type)| AttributeDefinition { attribute_name, attribute_type };
        TableDefinition {
            attribute_definitions: attributes.into_iter().map(attribute).collect(),
            key_schema,
            billing_mode: mode,
            provisioned_throughput: throughput,
            local_secondary_indexes: local,
            global_secondary_indexes: global,
            stream_specification: stream,
            sse_specification: sse,
            table_class: None,
            deletion_protection_enabled: None,
            warm_throughput: None,
            on_demand_throughput: None,
            resource_policy: None,
            tags,
        }
    }
}

/// A definition that keeps the rules, whatever its names.
fn sound(hash: &str, range: &str, global: bool) -> TableDefinition {
    let element = |name: &str, key_type| KeySchemaElement { attribute_name: name.to_owned(), key_type };
    let key_schema = vec![element(hash, KeyType::Hash), element(range, KeyType::Range)];
    let attribute =
        |name: &str| AttributeDefinition { attribute_name: name.to_owned(), attribute_type: ScalarType::S };
    let index = GlobalIndexDefinition {
        index_name: IndexName::new("all"),
        key_schema: key_schema
            .iter()
            .cloned()
            .rev()
            .map(|e| element(&e.attribute_name, KeyType::Hash))
            .collect(),
        projection: ProjectionDefinition {
            projection_type: Some(ProjectionType::All),
            non_key_attributes: None,
        },
        provisioned_throughput: None,
        warm_throughput: None,
        on_demand_throughput: None,
    };
    TableDefinition {
        attribute_definitions: vec![attribute(hash), attribute(range)],
        key_schema,
        billing_mode: Some(BillingMode::PayPerRequest),
        provisioned_throughput: None,
        local_secondary_indexes: None,
        global_secondary_indexes: global.then(|| vec![index]),
        stream_specification: None,
        sse_specification: None,
        table_class: None,
        deletion_protection_enabled: None,
        warm_throughput: None,
        on_demand_throughput: None,
        resource_policy: None,
        tags: None,
    }
}

proptest! {
    #[test]
    fn no_definition_makes_the_check_panic(definition in definition()) {
        match definition.check() {
            Ok(checked) => {
                prop_assert_eq!(checked.throughput.is_some(), checked.billing == BillingMode::Provisioned);
                prop_assert!(checked.key.attributes().all(|key| checked.attributes.contains(key)));
                prop_assert!(checked.local_indexes.iter().all(|index| index.key.range.is_some()));
            }
            Err(refusal) => prop_assert_eq!(refusal.name(), "ValidationException"),
        }
    }

    #[test]
    fn sound_definitions_pass(hash in "[a-m]{1,9}", range in "[n-z]{1,9}", global in any::<bool>()) {
        let checked = sound(&hash, &range, global).check().unwrap();
        prop_assert_eq!(checked.key.hash.name, hash.as_str());
        prop_assert_eq!(checked.global_indexes.len(), usize::from(global));
        prop_assert!(checked.global_indexes.iter().all(|index| index.hash.len() == 2 && index.range.is_empty()));
    }
}
