using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Cli.Doctor;

/// <summary>
/// Whether the newest head extends the one that this command saw last, which it keeps in a file as it
/// came: with the signature it is evidence.
/// </summary>
internal sealed class HeadCheck(Probe probe, string? stateFile)
{
    /// <summary>The head's size; null if there is none.</summary>
    public async Task<ulong?> RunAsync(Findings findings, CancellationToken cancellationToken)
    {
        (ProbeAnswer? answer, string fault) = await probe.GetAsync(
            "v1/checkpoint", cancellationToken);
        if (answer is not { IsGood: true })
        {
            findings.Problem(
                "checkpoint", answer is null ? $"No answer: {fault}." : "There is no checkpoint.",
                "A log without one has not begun: an enclave opens its first epoch.");
            return null;
        }
        if (Parse(answer.Body) is not { } head)
        {
            findings.Problem(
                "checkpoint", "What is served is no signed checkpoint.",
                "See what answers at this address.");
            return null;
        }
        if (stateFile is null)
        {
            findings.NotChecked("rollback", "No --state FILE to compare the head with.");
            return head.Size;
        }
        if (!File.Exists(stateFile))
        {
            findings.Good(
                "rollback", $"First seen at size {head.Size}; the next run compares with that.");
            Keep(answer.Body);
            return head.Size;
        }
        string before = Encoding.UTF8.GetString(
            Files.Read(stateFile, SignedNote.MaxBytes, "a checkpoint"));
        Checkpoint seen = Parse(before)
            ?? throw new CommandFailure($"{stateFile} is no checkpoint of an earlier run.");
        if (await ExtendsAsync(findings, seen, head, cancellationToken)) Keep(answer.Body);
        return head.Size;
    }

    private async Task<bool> ExtendsAsync(
        Findings findings, Checkpoint seen, Checkpoint head, CancellationToken cancellationToken)
    {
        const string advice = "Keep the state file: with its signature it is evidence. See "
            + "'sequencer audit --help', --held and --evidence.";
        if (seen.Origin != head.Origin)
        {
            findings.Problem(
                "rollback", $"The log was {seen.Origin}, and is {head.Origin} now.", advice);
            return false;
        }
        if (head.Size < seen.Size)
        {
            findings.Problem(
                "rollback",
                $"ROLLBACK: a head of {seen.Size} records was seen, and the newest has {head.Size}.",
                advice);
            return false;
        }
        if (!ConsistencyProof.Verify(
            seen.Size, seen.Root, head.Size, head.Root,
            await ProofAsync(seen.Size, head.Size, cancellationToken)))
        {
            findings.Problem(
                "rollback", $"FORK: the newest head does not extend the one of {seen.Size} records "
                + "that was seen.", advice);
            return false;
        }
        findings.Good("rollback", $"The head of {head.Size} extends the one of {seen.Size} seen.");
        return true;
    }

    private async Task<Digest[]> ProofAsync(
        ulong from, ulong to, CancellationToken cancellationToken)
    {
        if (from == to || from == 0) return [];
        (ProbeAnswer? answer, _) = await probe.GetAsync(
            string.Create(
                CultureInfo.InvariantCulture, $"v1/proofs/consistency?from={from}&to={to}"),
            cancellationToken);
        var path = new List<Digest>();
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer?.Body ?? "");
            foreach (JsonElement hash in json.RootElement.GetProperty("proof").EnumerateArray())
            {
                if (Digest.TryParseHex(hash.GetString(), out Digest digest)) path.Add(digest);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or KeyNotFoundException)
        {
            // No proof proves nothing.
        }
        return [.. path];
    }

    private void Keep(string note)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(stateFile!))!);
        string next = stateFile + ".new";
        Files.Write(next, Encoding.UTF8.GetBytes(note), force: true);
        File.Move(next, stateFile!, overwrite: true);
    }

    private static Checkpoint? Parse(string note) =>
        SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out Checkpoint? head, out _)
                ? head
                : null;
}
