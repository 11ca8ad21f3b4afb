package dev.partita;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbIndex;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.extensions.annotations.DynamoDbVersionAttribute;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbBean;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSecondaryPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSecondarySortKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSortKey;
import software.amazon.awssdk.enhanced.dynamodb.model.BatchWriteItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.enhanced.dynamodb.model.CreateTableEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.EnhancedGlobalSecondaryIndex;
import software.amazon.awssdk.enhanced.dynamodb.model.QueryConditional;
import software.amazon.awssdk.enhanced.dynamodb.model.TransactGetItemsEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.TransactWriteItemsEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.WriteBatch;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** The AWS SDK for Java 2.x and its Enhanced Client: beans, an index, batches, transactions, versions. */
class EnhancedClientTest {
    /** An order of a customer. */
    @DynamoDbBean
    public static class Order {
        private String customer;
        private Integer number;
        private String status;
        private Instant placed;
        private Set<String> labels;
        private List<Integer> lines;
        private Map<String, String> address;
        private Long version;

        @DynamoDbPartitionKey
        public String getCustomer() { return customer; }
        public void setCustomer(String customer) { this.customer = customer; }
        @DynamoDbSortKey
        public Integer getNumber() { return number; }
        public void setNumber(Integer number) { this.number = number; }
        @DynamoDbSecondaryPartitionKey(indexNames = "by-status")
        public String getStatus() { return status; }
        public void setStatus(String status) { this.status = status; }
        @DynamoDbSecondarySortKey(indexNames = "by-status")
        public Instant getPlaced() { return placed; }
        public void setPlaced(Instant placed) { this.placed = placed; }
        public Set<String> getLabels() { return labels; }
        public void setLabels(Set<String> labels) { this.labels = labels; }
        public List<Integer> getLines() { return lines; }
        public void setLines(List<Integer> lines) { this.lines = lines; }
        public Map<String, String> getAddress() { return address; }
        public void setAddress(Map<String, String> address) { this.address = address; }
        @DynamoDbVersionAttribute
        public Long getVersion() { return version; }
        public void setVersion(Long version) { this.version = version; }
    }

    private static final String NAME = "java-" + ProcessHandle.current().pid();
    private static final DynamoDbClient CLIENT = DynamoDbClient.builder()
        .endpointOverride(URI.create(System.getenv("PARTITA_ENDPOINT")))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
            System.getenv().getOrDefault("AWS_ACCESS_KEY_ID", "any"),
            System.getenv().getOrDefault("AWS_SECRET_ACCESS_KEY", "any"))))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
    private static final DynamoDbEnhancedClient ENHANCED = DynamoDbEnhancedClient.builder().dynamoDbClient(CLIENT).build();
    private static final DynamoDbTable<Order> ORDERS = ENHANCED.table(NAME, TableSchema.fromBean(Order.class));
    /** The same table for batches, which take no conditions: versions need them. */
    private static final DynamoDbEnhancedClient PLAIN = DynamoDbEnhancedClient.builder().dynamoDbClient(CLIENT).extensions(List.of()).build();
    private static final DynamoDbTable<Order> PLAIN_ORDERS = PLAIN.table(NAME, TableSchema.fromBean(Order.class));
    private static final DynamoDbIndex<Order> BY_STATUS = ORDERS.index("by-status");

    @BeforeAll
    static void make() {
        ORDERS.createTable(CreateTableEnhancedRequest.builder()
            .globalSecondaryIndices(EnhancedGlobalSecondaryIndex.builder()
                .indexName("by-status").projection(projection -> projection.projectionType(ProjectionType.ALL)).build())
            .build());
        CLIENT.waiter().waitUntilTableExists(described -> described.tableName(NAME));
    }

    @AfterAll
    static void drop() {
        ORDERS.deleteTable();
        CLIENT.waiter().waitUntilTableNotExists(described -> described.tableName(NAME));
    }

    private static Order order(String customer, int number, String status) {
        Order order = new Order();
        order.setCustomer(customer);
        order.setNumber(number);
        order.setStatus(status);
        order.setPlaced(Instant.ofEpochSecond(1_700_000_000L + number));
        return order;
    }

    private static Key key(String customer, int number) {
        return Key.builder().partitionValue(customer).sortValue(number).build();
    }

    /** Global indexes follow their table. */
    private static <T> List<T> eventually(int size, Supplier<List<T>> ask) throws InterruptedException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        List<T> answer = ask.get();
        while (answer.size() != size && System.nanoTime() < deadline) {
            Thread.sleep(20);
            answer = ask.get();
        }
        return answer;
    }

    @Test
    void beansRoundTripAndVersionsGuardThem() {
        Order order = order("bean", 1, "new");
        order.setLabels(Set.of("a", "b"));
        order.setLines(List.of(1, 2, 3));
        order.setAddress(Map.of("city", "Ulm"));
        ORDERS.putItem(order);
        Order found = ORDERS.getItem(request -> request.key(key("bean", 1)).consistentRead(true));
        assertEquals(order.getLabels(), found.getLabels());
        assertEquals(order.getLines(), found.getLines());
        assertEquals(order.getAddress(), found.getAddress());
        assertEquals(order.getPlaced(), found.getPlaced());
        long version = found.getVersion();
        found.setStatus("paid");
        assertEquals(version + 1, ORDERS.updateItem(found).getVersion());
        assertThrows(ConditionalCheckFailedException.class, () -> ORDERS.updateItem(found), "an old version");
        Expression open = Expression.builder().expression("#s = :s").putExpressionName("#s", "status")
            .putExpressionValue(":s", AttributeValue.fromS("new")).build();
        assertThrows(ConditionalCheckFailedException.class,
            () -> ORDERS.deleteItem(request -> request.key(key("bean", 1)).conditionExpression(open)));
        assertEquals("paid", ORDERS.deleteItem(key("bean", 1)).getStatus());
        assertNull(ORDERS.getItem(key("bean", 1)));
    }

    @Test
    void queriesAndScansPageThroughTableAndIndex() throws InterruptedException {
        for (int first : new int[] {0, 25}) {
            WriteBatch.Builder<Order> batch = WriteBatch.builder(Order.class).mappedTableResource(PLAIN_ORDERS);
            IntStream.range(first, first + 25).forEach(n -> batch.addPutItem(order("many", n, n % 5 == 0 ? "rare" : "common")));
            var written = PLAIN.batchWriteItem(BatchWriteItemEnhancedRequest.builder().writeBatches(batch.build()).build());
            assertTrue(written.unprocessedPutItemsForTable(PLAIN_ORDERS).isEmpty());
        }
        var some = ORDERS.query(request -> request.limit(7).scanIndexForward(false)
            .queryConditional(QueryConditional.sortBetween(key("many", 10), key("many", 29)))).items().stream().map(Order::getNumber).toList();
        assertEquals(IntStream.rangeClosed(10, 29).map(n -> 39 - n).boxed().toList(), some);
        var rare = eventually(10, () -> BY_STATUS.query(request -> request.limit(3)
            .queryConditional(QueryConditional.keyEqualTo(k -> k.partitionValue("rare"))))
            .stream().flatMap(page -> page.items().stream()).map(Order::getNumber).toList());
        assertEquals(List.of(0, 5, 10, 15, 20, 25, 30, 35, 40, 45), rare);
        long scanned = BY_STATUS.scan(request -> request.limit(11)).stream().flatMap(page -> page.items().stream())
            .filter(order -> order.getCustomer().equals("many")).count();
        assertEquals(50, scanned);
    }

    @Test
    void transactionsAreWholeOrNothing() {
        ORDERS.putItem(order("tx", 1, "open"));
        Expression isOpen = Expression.builder().expression("#s = :s").putExpressionName("#s", "status")
            .putExpressionValue(":s", AttributeValue.fromS("open")).build();
        var write = TransactWriteItemsEnhancedRequest.builder()
            .addConditionCheck(ORDERS, ConditionCheck.builder().key(key("tx", 1)).conditionExpression(isOpen).build())
            .addPutItem(ORDERS, order("tx", 2, "paid"))
            .addDeleteItem(ORDERS, key("tx", 3))
            .build();
        ENHANCED.transactWriteItems(write);
        ORDERS.deleteItem(key("tx", 1));
        var refused = assertThrows(TransactionCanceledException.class, () -> ENHANCED.transactWriteItems(write));
        assertEquals(List.of("ConditionalCheckFailed", "ConditionalCheckFailed", "None"),
            refused.cancellationReasons().stream().map(CancellationReason::code).toList());
        var read = ENHANCED.transactGetItems(TransactGetItemsEnhancedRequest.builder()
            .addGetItem(ORDERS, key("tx", 1)).addGetItem(ORDERS, key("tx", 2)).build());
        assertNull(read.get(0).getItem(ORDERS));
        assertEquals("paid", read.get(1).getItem(ORDERS).getStatus());
    }
}
