using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class InspectTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(2);
    private readonly CommandRun _run = new();

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Each_kind_is_recognized_and_called_unverified()
    {
        Assert.True(ReceiptTlogProof.TryEncode(_log.Receipt(1), out byte[]? proof));
        byte[] document = _log.Epochs[0].Document;
        var texts = new Dictionary<string, (byte[] Bytes, string Expected)>
        {
            ["receipt"] = (_log.Receipt(1).Encode(), TestLog.Origin),
            ["proof"] = (proof, TestLog.Origin),
            ["checkpoint"] = (_log.Note(_log.Size), TestLog.Origin),
            ["document"] = (document, "PCR0"),
            ["base64"] = (Encoding.ASCII.GetBytes(Convert.ToBase64String(document) + "\n"), "PCR0"),
            ["policy"] = (_log.Policy.ToJson(), _log.Policy.LogId.ToHex()),
        };
        foreach ((string name, (byte[] bytes, string expected)) in texts)
        {
            _run.Write(name, bytes);
            CommandResult result = await _run.RunAsync("inspect", name);
            result.IsGood();
            Assert.Contains("UNVERIFIED", result.Output, StringComparison.Ordinal);
            Assert.Contains(expected, result.Output, StringComparison.OrdinalIgnoreCase);
            CommandResult json = await _run.RunAsync("inspect", name, "--json");
            Assert.Equal(JsonValueKind.Object, json.Json.ValueKind);
        }
    }

    [Fact]
    public async Task A_seal_names_its_statement_and_the_next_statement_tells_of_it()
    {
        _log.Seal();
        _log.OpenEpoch();
        CommandResult result =
            await _run.RunWithAsync(_log.Receipt(3).Encode(), "inspect", "-", "--json");
        result.IsGood();
        Assert.Contains("\"seal\"", result.Output, StringComparison.Ordinal);
        Assert.Contains(
            _log.Epochs[0].Statement.Hash.ToHex(), result.Output, StringComparison.Ordinal);
        Assert.Contains("\"with a seal\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_taken()
    {
        CommandResult result = await _run.RunWithAsync(_log.Receipt(1).Encode(), "inspect", "-");
        result.IsGood();
        Assert.Contains("UNVERIFIED", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_form_of_an_epoch_shows_the_key_that_signed_the_checkpoint()
    {
        (byte[] statement, byte[] document) = (_log.Epochs[0].Statement.Bytes.ToArray(), _log.Epochs[0].Document);
        object one = new { epoch = 0, number = 0, statement, document };
        var forms = new Dictionary<string, (byte[] Bytes, string[] Path)>
        {
            ["receipt"] = (_log.Receipt(1).Encode(), ["epoch", "verifier_key"]),
            ["statement"] = (statement, ["verifier_key"]),
            ["one"] = (JsonSerializer.SerializeToUtf8Bytes(one), ["verifier_key"]),
            ["all"] = (
                JsonSerializer.SerializeToUtf8Bytes(new { epochs = new[] { one, one } }),
                ["epoch_1", "verifier_key"]),
        };
        Assert.True(SignedNote.TryParse(_log.Note(_log.Size), out SignedNote? note, out _));
        foreach ((string name, (byte[] bytes, string[] path)) in forms)
        {
            _run.Write(name, bytes);
            CommandResult result = await _run.RunAsync("inspect", name, "--json");
            result.IsGood();
            string text = path.Aggregate(result.Json, (json, step) => json.GetProperty(step)).GetString()!;
            Assert.True(VerifierKey.TryParse(text, out VerifierKey? key, out _), text);
            Assert.Equal(NoteSignatureType.Ed25519, key.Type);
            Assert.Equal(TestLog.Origin, key.Name);
            Assert.Contains(note.Signatures, line => line.KeyId == key.KeyId);
        }
    }

    [Fact]
    public async Task What_is_none_of_them_ends_with_2()
    {
        byte[][] noises =
        [
            [], [0xD2, 0x84], "{}"u8.ToArray(), "AAAA"u8.ToArray(), "[1]"u8.ToArray(),
            """{"epochs":[]}"""u8.ToArray(), """{"epochs":[1]}"""u8.ToArray(),
            """{"statement":"?","document":""}"""u8.ToArray(),
        ];
        foreach (byte[] bytes in noises)
        {
            _run.Write("noise", bytes);
            CommandResult result = await _run.RunAsync("inspect", "noise");
            result.IsUnusable();
            Assert.StartsWith("sequencer: noise", result.Error, StringComparison.Ordinal);
        }
    }
}
