using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <content>Streams, categories and event types, of the caller's tenant.</content>
public sealed partial class SequencerClient
{
    private const int StreamMaxBytes = 4096;

    /// <summary>
    /// The entries of a stream with their payloads, version by version, a page at a time. Each record
    /// says that it is of this stream and version, and none in between is left out. That the records
    /// stand in the log, <see cref="GetStreamReceiptAsync"/> proves; and only a live answer that
    /// there are no newer ones.
    /// </summary>
    /// <param name="stream">The stream; there is nothing to read of one that does not exist.</param>
    /// <param name="fromVersion">The first; null for version 1, or backwards the newest.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SequencerException">No gateway, or an answer that is not these entries.
    /// </exception>
    public async IAsyncEnumerable<EntryView> ReadStreamAsync(
        string stream,
        long? fromVersion = null,
        ReadDirection direction = ReadDirection.Forwards,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        bool isForwards = direction == ReadDirection.Forwards;
        string path = $"v1/streams/{Uri.EscapeDataString(stream)}/entries?";
        ulong? start = fromVersion is { } from ? (ulong)Math.Max(from, 1) : null;
        // Backwards the newest version is the first, which the gateway knows.
        long? due = isForwards ? (long)(start ?? 1) : null;
        await foreach (EntryView entry in ReadPagesAsync(
            path, "from_version", start, direction, cancellationToken))
        {
            bool isDue = due is null
                ? (ulong?)entry.Version <= (start ?? long.MaxValue)
                : entry.Version == due;
            if (entry.Stream != stream || !isDue)
            {
                throw AnswerObject.Wrong("entries", "the versions of the stream, one by one");
            }
            due = entry.Version + (isForwards ? 1 : -1);
            yield return entry;
        }
        if (!isForwards && due is > 0)
        {
            throw AnswerObject.Wrong("entries", "the versions of the stream down to the first");
        }
    }

    /// <summary>The entries of an event type, in order of their numbers, a page at a time. What the
    /// gateway leaves out cannot be seen.</summary>
    /// <param name="type">The event type.</param>
    /// <param name="from">The first number; null for the start, or backwards the end.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SequencerException">No gateway, or an answer that is not of this type.
    /// </exception>
    public IAsyncEnumerable<EntryView> ReadByTypeAsync(
        string type,
        ulong? from = null,
        ReadDirection direction = ReadDirection.Forwards,
        CancellationToken cancellationToken = default) =>
        ReadSelectedAsync("type", type, entry => entry.Type == type, from, direction, cancellationToken);

    /// <summary>The entries of all streams whose names up to the first hyphen are the category, in
    /// order of their numbers, a page at a time. What the gateway leaves out cannot be seen.</summary>
    /// <param name="category">The category.</param>
    /// <param name="from">The first number; null for the start, or backwards the end.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SequencerException">No gateway, or an answer that is not of this category.
    /// </exception>
    public IAsyncEnumerable<EntryView> ReadByCategoryAsync(
        string category,
        ulong? from = null,
        ReadDirection direction = ReadDirection.Forwards,
        CancellationToken cancellationToken = default) =>
        ReadSelectedAsync(
            "category",
            category,
            entry => entry.Stream?.Split('-')[0] == category,
            from,
            direction,
            cancellationToken);

    /// <summary>The streams in order of their first entries, a page at a time, by the gateway's
    /// word.</summary>
    /// <param name="category">Only those of a category; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public async IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string? category = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string only = category is null ? "" : $"&category={Uri.EscapeDataString(category)}";
        ulong? next = 0;
        while (next is { } cursor)
        {
            GatewayAnswer answer = await GetAsync(
                $"v1/streams?cursor={cursor}{only}", PageMaxBytes, cancellationToken);
            using JsonDocument json = AnswerObject.Parse(answer.Body);
            var read = new AnswerObject(json.RootElement);
            foreach (JsonElement stream in read.Array("streams")) yield return ReadStream(stream);
            next = read.TryGet("next", out _) ? read.UInt64("next") : null;
            if (next <= cursor) throw AnswerObject.Wrong("next", "further on");
        }
    }

    /// <summary>A stream, by the gateway's word; null if it does not exist.</summary>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public async Task<StreamInfo?> GetStreamAsync(
        string stream, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        try
        {
            GatewayAnswer answer = await GetAsync(
                $"v1/streams/{Uri.EscapeDataString(stream)}", StreamMaxBytes, cancellationToken);
            using JsonDocument json = AnswerObject.Parse(answer.Body);
            StreamInfo read = ReadStream(json.RootElement);
            return read.Name == stream ? read : throw AnswerObject.Wrong("stream", "the one asked for");
        }
        catch (ProblemException e) when (e.Name == "not-found")
        {
            return null;
        }
    }

    /// <summary>
    /// The receipt of a version of a stream: from a verifying client it proves that its record, and
    /// no other, is this version of this stream of its tenant.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is below 1.</exception>
    /// <exception cref="SequencerException">No such version, no gateway, or a receipt that does not
    /// prove it.</exception>
    public async Task<ReceivedReceipt> GetStreamReceiptAsync(
        string stream, long version, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        string path = $"v1/streams/{Uri.EscapeDataString(stream)}/entries"
            + $"?from_version={version}&limit=1&payload=false";
        GatewayAnswer answer = await GetAsync(path, PageMaxBytes, cancellationToken);
        EntryView entry = EntryViewJson.ReadPage(answer.Body).Entries.SingleOrDefault()
            ?? throw new UnexpectedAnswerException($"The stream has no version {version} yet.");
        if (entry.Stream != stream || entry.Version != version)
        {
            throw AnswerObject.Wrong("entries", "the version that was asked for");
        }
        ReceivedReceipt receipt =
            await GetReceiptAsync(entry.Number, cancellationToken: cancellationToken);
        if (receipt.VerifiedEntry is not { } verified
            || verified.Streams.Contains(new StreamVersion(stream, version)))
        {
            return receipt;
        }
        throw new UnexpectedAnswerException(
            $"The receipt of {entry.Number} is not of version {version} of the stream.");
    }

    private async IAsyncEnumerable<EntryView> ReadSelectedAsync(
        string parameter,
        string name,
        Func<EntryView, bool> isRight,
        ulong? from,
        ReadDirection direction,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string path = $"v1/entries?{parameter}={Uri.EscapeDataString(name)}&payload=true&";
        await foreach (EntryView entry in ReadPagesAsync(
            path, "from", from, direction, cancellationToken))
        {
            yield return isRight(entry) ? entry : throw AnswerObject.Wrong("entries", $"of this {parameter}");
        }
    }

    // Numbers and positions go one way only, so that reading comes to an end.
    private async IAsyncEnumerable<EntryView> ReadPagesAsync(
        string path,
        string fromName,
        ulong? from,
        ReadDirection direction,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isForwards = direction == ReadDirection.Forwards;
        string way = isForwards ? "direction=forwards" : "direction=backwards";
        ulong? number = null;
        while (true)
        {
            string start = from is { } position
                ? string.Create(CultureInfo.InvariantCulture, $"&{fromName}={position}")
                : "";
            GatewayAnswer answer = await GetAsync(
                path + way + start, PageMaxBytes, cancellationToken);
            (List<EntryView> page, ulong? next) = EntryViewJson.ReadPage(answer.Body);
            foreach (EntryView entry in page)
            {
                if (number is { } last && (isForwards ? entry.Number <= last : entry.Number >= last))
                {
                    throw AnswerObject.Wrong("entries", "in order");
                }
                number = entry.Number;
                yield return entry;
            }
            if (next is null) yield break;
            if (from is { } before && (isForwards ? next <= before : next >= before))
            {
                throw AnswerObject.Wrong("next", "further on");
            }
            from = next;
        }
    }

    private static StreamInfo ReadStream(JsonElement element)
    {
        var read = new AnswerObject(element);
        ulong version = read.UInt64("version");
        return version is > 0 and <= long.MaxValue
            ? new StreamInfo(
                read.Text("stream"), (long)version, read.UInt64("first"), read.UInt64("last"))
            : throw AnswerObject.Wrong("version", "one from 1 on");
    }
}
