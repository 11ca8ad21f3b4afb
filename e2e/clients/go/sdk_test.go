// Package e2e drives the server under test with the unmodified AWS SDK for Go v2, which verifies every answer's checksum.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func client(t *testing.T) *dynamodb.Client {
	t.Helper()
	endpoint := os.Getenv("PARTITA_ENDPOINT")
	if endpoint == "" {
		t.Fatal("PARTITA_ENDPOINT is not set: run these tests with `cargo xtask test`")
	}
	return dynamodb.New(dynamodb.Options{
		Region:           environment("AWS_REGION", "us-east-1"),
		BaseEndpoint:     aws.String(endpoint),
		RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(
			environment("AWS_ACCESS_KEY_ID", "any"), environment("AWS_SECRET_ACCESS_KEY", "any"), ""),
	})
}

func table(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	ctx, name := context.Background(), fmt.Sprintf("go-%s-%d", t.Name(), os.Getpid())
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("c"), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("c"), AttributeType: types.ScalarAttributeTypeN},
		},
		BillingMode: types.BillingModePayPerRequest,
	})
	if err != nil {
		t.Fatal(err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client)
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Error(err)
		}
	})
	return name
}

type reading struct {
	Place string            `dynamodbav:"p"`
	At    int               `dynamodbav:"c"`
	Value float64           `dynamodbav:"value"`
	Notes []string          `dynamodbav:"notes"`
	More  map[string]string `dynamodbav:"more"`
}

func TestStructsRoundTrip(t *testing.T) {
	ctx, client := context.Background(), client(t)
	name := table(t, client)
	want := reading{"roof", 1, 21.5, []string{"dry", "ü"}, map[string]string{"k": "v"}}
	item, err := attributevalue.MarshalMap(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
		t.Fatal(err)
	}
	answer, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"p": item["p"], "c": item["c"]}})
	if err != nil {
		t.Fatal(err)
	}
	var got reading
	if err := attributevalue.UnmarshalMap(answer.Item, &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestErrorsAreTyped(t *testing.T) {
	ctx, client := context.Background(), client(t)
	name := table(t, client)
	key := map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: "a"}, "c": &types.AttributeValueMemberN{Value: "1"}}
	_, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: key, ConditionExpression: aws.String("attribute_exists(p)")})
	if failed := new(types.ConditionalCheckFailedException); !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	_, err = client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("absent")})
	if missing := new(types.ResourceNotFoundException); !errors.As(err, &missing) {
		t.Fatalf("got %v", err)
	}
}

func TestExpressionBuilderAndPaginator(t *testing.T) {
	ctx, client := context.Background(), client(t)
	name := table(t, client)
	for at := range 30 {
		item, err := attributevalue.MarshalMap(reading{Place: "roof", At: at, Value: float64(at % 3)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	built, err := expression.NewBuilder().
		WithKeyCondition(expression.Key("p").Equal(expression.Value("roof")).And(expression.Key("c").Between(expression.Value(5), expression.Value(24)))).
		WithFilter(expression.Name("value").Equal(expression.Value(1))).
		WithProjection(expression.NamesList(expression.Name("c"))).
		Build()
	if err != nil {
		t.Fatal(err)
	}
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{TableName: &name, Limit: aws.Int32(6),
		KeyConditionExpression: built.KeyCondition(), FilterExpression: built.Filter(), ProjectionExpression: built.Projection(),
		ExpressionAttributeNames: built.Names(), ExpressionAttributeValues: built.Values()})
	var seen []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			var got reading
			if err := attributevalue.UnmarshalMap(item, &got); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, got.At)
		}
	}
	if fmt.Sprint(seen) != "[7 10 13 16 19 22]" {
		t.Fatalf("got %v", seen)
	}
}
