using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>What a reader is told of an entry, by whose it is.</summary>
public sealed class EntryJsonViewTests
{
    [Fact]
    public void Another_tenant_is_told_what_the_record_says_and_nothing_beside_it()
    {
        var log = new SampleLog();
        log.AddStatement();
        log.AddEvent("mine", "orders-1", "placed");
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles());
        store.CommitTo(log, 2);
        string[] own = Members(store.View, Derivation.Tenant("mine"u8));
        string[] others = Members(store.View, Derivation.Tenant("other"u8));
        string[] beside = ["type", "content_type", "metadata", "stream", "version", "payload"];
        Assert.Equal(beside.Order(), own.Except(others).Order());
        Assert.Contains("record", others);
        Assert.Contains("payload_digest", others);
        store.Dispose();
    }

    private static string[] Members(LogView view, Digest reader)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            EntryText.Write(json, view, 1, EntryForm.WithPayload, reader);
        }
        using JsonDocument document = JsonDocument.Parse(body.WrittenMemory);
        return [.. document.RootElement.EnumerateObject().Select(member => member.Name)];
    }
}
