using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Bench.Parts;

namespace Sequencer.Bench.Tests;

public class BatchTemplateTests
{
    [Fact]
    public void Requests_are_of_the_streams_and_versions_that_they_were_given()
    {
        var template = new BatchTemplate(RequestKind.Guarded);
        for (int i = 0; i < BatchTemplate.Requests; i++) template.SetStream(i, 7 * i, (ulong)i);

        int index = 0;
        ForEachRequest(template, request =>
        {
            OperationEnumerator operations = request.Operations;
            Assert.True(operations.MoveNext());
            Assert.Equal(OperationCode.VersionEquals, operations.Current.Code);
            Assert.Equal((ulong)index, operations.Current.Operand);
            byte[] name = operations.Current.Name.ToArray();
            Assert.Equal($"orders/{7 * index:D9}", System.Text.Encoding.ASCII.GetString(name));
            Assert.True(operations.MoveNext());
            Assert.Equal(OperationCode.Bump, operations.Current.Code);
            Assert.Equal(name, operations.Current.Name.ToArray());
            Assert.True(request.Idempotency.IsZero);
            index++;
        });
        Assert.Equal(BatchTemplate.Requests, index);
    }

    [Fact]
    public void Keys_of_different_numbers_differ()
    {
        var template = new BatchTemplate(RequestKind.Idempotent);
        for (int i = 0; i < BatchTemplate.Requests; i++) template.SetKey(i, (ulong)i + 1);

        var keys = new HashSet<Digest>();
        ForEachRequest(template, request => Assert.True(keys.Add(request.Idempotency)));
        Assert.Equal(BatchTemplate.Requests, keys.Count);
    }

    [Fact]
    public void Plain_requests_have_neither_streams_nor_keys()
    {
        ForEachRequest(new BatchTemplate(RequestKind.Plain), request =>
        {
            Assert.Equal(0, request.OperationCount);
            Assert.True(request.Idempotency.IsZero);
        });
    }

    private delegate void RequestAction(AppendRequest request);

    private static void ForEachRequest(BatchTemplate template, RequestAction action)
    {
        // Start size, count of groups; of each group the count of members, here 1.
        ReadOnlySpan<byte> rest = template.For(1)[12..];
        while (!rest.IsEmpty)
        {
            rest = rest[2..];
            Assert.True(EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> bytes));
            Assert.True(AppendRequest.TryParse(bytes, out AppendRequest request));
            action(request);
        }
    }
}
