import com.amazonaws.services.dynamodbv2.streamsadapter.AmazonDynamoDBStreamsAdapterClient;
import com.amazonaws.services.dynamodbv2.streamsadapter.StreamsSchedulerFactory;
import com.amazonaws.services.dynamodbv2.streamsadapter.adapter.DynamoDBStreamsClientRecord;
import com.amazonaws.services.dynamodbv2.streamsadapter.model.DynamoDBStreamsProcessRecordsInput;
import com.amazonaws.services.dynamodbv2.streamsadapter.polling.DynamoDBStreamsPollingConfig;
import com.amazonaws.services.dynamodbv2.streamsadapter.processor.DynamoDBStreamsShardRecordProcessor;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamSpecification;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;

/**
 * The Kinesis Client Library on a table's stream: writes items while a worker reads their changes, over several generations of
 * shards, and fails unless each change came exactly once and those of each item in order. Leases are in tables of the same service.
 */
public final class Consumer {
    private static final String TABLE = "kcl-music";
    private static final int ITEMS = 7;
    private static final int WRITES = 200;
    private static final int SHARDS_MIN = 3;
    private static final long PATIENCE_SECONDS = 240;

    /** What the worker has read. */
    private static final class Seen {
        private final Map<String, List<Integer>> values = new HashMap<>();
        private int records;
        private int shardsEnded;

        synchronized void add(Record record) {
            String key = record.dynamodb().keys().get("p").s();
            int value = Integer.parseInt(record.dynamodb().newImage().get("v").n());
            values.computeIfAbsent(key, ignored -> new ArrayList<>()).add(value);
            records++;
            notifyAll();
        }

        synchronized void shardEnded() {
            shardsEnded++;
            notifyAll();
        }

        /** Waits until everything was read; says whether it was. */
        synchronized boolean await(long seconds) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (records < WRITES || shardsEnded < SHARDS_MIN) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                wait(left);
            }
            return true;
        }

        synchronized void check() {
            for (int item = 0; item < ITEMS; item++) {
                List<Integer> expected = new ArrayList<>();
                for (int value = item; value < WRITES; value += ITEMS) {
                    expected.add(value);
                }
                List<Integer> read = values.get("item-" + item);
                if (!expected.equals(read)) {
                    throw new IllegalStateException("item-" + item + ": read " + read + ", written " + expected);
                }
            }
        }

        @Override
        public synchronized String toString() {
            return records + " records, " + shardsEnded + " shards read to their ends";
        }
    }

    private static final class Processor implements DynamoDBStreamsShardRecordProcessor {
        private final Seen seen;

        Processor(Seen seen) {
            this.seen = seen;
        }

        @Override
        public void initialize(InitializationInput input) {}

        @Override
        public void processRecords(DynamoDBStreamsProcessRecordsInput input) {
            for (DynamoDBStreamsClientRecord record : input.records()) {
                seen.add(record.getRecord());
            }
            if (!input.records().isEmpty()) {
                checkpoint(() -> input.checkpointer().checkpoint());
            }
        }

        @Override
        public void leaseLost(LeaseLostInput input) {}

        @Override
        public void shardEnded(ShardEndedInput input) {
            checkpoint(() -> input.checkpointer().checkpoint());
            seen.shardEnded();
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {
            checkpoint(() -> input.checkpointer().checkpoint());
        }

        private interface Checkpoint {
            void make() throws Exception;
        }

        private static void checkpoint(Checkpoint checkpoint) {
            try {
                checkpoint.make();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        URI endpoint = URI.create(System.getenv("PARTITA_ENDPOINT"));
        Region region = Region.US_EAST_1;
        var credentials = EnvironmentVariableCredentialsProvider.create();
        var dynamo = DynamoDbClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials).build();
        var leases =
                DynamoDbAsyncClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials).build();
        var streams =
                DynamoDbStreamsClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials).build();
        // Never called: metrics are not sent anywhere.
        var cloudWatch = CloudWatchAsyncClient.builder().region(region).credentialsProvider(credentials).build();

        Seen seen = new Seen();
        String stream = table(dynamo);
        var adapter = new AmazonDynamoDBStreamsAdapterClient(streams, region);
        Scheduler scheduler = scheduler(stream, adapter, leases, cloudWatch, seen);
        Thread worker = new Thread(scheduler, "worker");
        worker.setDaemon(true);
        worker.start();
        write(dynamo);
        boolean all = seen.await(PATIENCE_SECONDS);
        System.out.println(seen);
        if (!all) {
            throw new IllegalStateException("not everything was read in " + PATIENCE_SECONDS + " s");
        }
        seen.check();
        // Threads of the library that go on by themselves must not keep the process.
        System.exit(0);
    }

    private static String table(DynamoDbClient dynamo) {
        dynamo.createTable(
                table ->
                        table.tableName(TABLE)
                                .attributeDefinitions(
                                        AttributeDefinition.builder().attributeName("p").attributeType(ScalarAttributeType.S).build())
                                .keySchema(KeySchemaElement.builder().attributeName("p").keyType(KeyType.HASH).build())
                                .billingMode(BillingMode.PAY_PER_REQUEST)
                                .streamSpecification(
                                        StreamSpecification.builder()
                                                .streamEnabled(true)
                                                .streamViewType(StreamViewType.NEW_AND_OLD_IMAGES)
                                                .build()));
        dynamo.waiter().waitUntilTableExists(request -> request.tableName(TABLE));
        return dynamo.describeTable(request -> request.tableName(TABLE)).table().latestStreamArn();
    }

    /** Writes slowly enough that the stream goes through several shards meanwhile. */
    private static void write(DynamoDbClient dynamo) throws InterruptedException {
        for (int value = 0; value < WRITES; value++) {
            var item =
                    Map.of(
                            "p", AttributeValue.fromS("item-" + value % ITEMS),
                            "v", AttributeValue.fromN(Integer.toString(value)));
            dynamo.putItem(request -> request.tableName(TABLE).item(item));
            Thread.sleep(20);
        }
    }

    private static Scheduler scheduler(
            String stream,
            AmazonDynamoDBStreamsAdapterClient adapter,
            DynamoDbAsyncClient leases,
            CloudWatchAsyncClient cloudWatch,
            Seen seen) {
        var start = InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
        var tracker = StreamsSchedulerFactory.createSingleStreamTracker(stream, start);
        var configs =
                new ConfigsBuilder(tracker, "kcl-worker", adapter, leases, cloudWatch, "worker-1", () -> new Processor(seen));
        var polling = new DynamoDBStreamsPollingConfig(adapter).idleTimeBetweenReadsInMillis(200);
        var coordinator = configs.coordinatorConfig().parentShardPollIntervalMillis(500).shardConsumerDispatchPollIntervalMillis(200);
        var lease = configs.leaseManagementConfig().shardSyncIntervalMillis(1_000).failoverTimeMillis(2_000);
        return StreamsSchedulerFactory.createScheduler(
                configs.checkpointConfig(),
                coordinator,
                lease,
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(),
                configs.retrievalConfig().retrievalSpecificConfig(polling),
                adapter);
    }
}
