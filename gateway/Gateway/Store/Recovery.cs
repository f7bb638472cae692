namespace Sequencer.Gateway.Store;

/// <summary>Opening a store: the rules of docs/PROTOCOL.md section 15, "Recovery".</summary>
internal static class Recovery
{
    private const string LogDirectory = "log";
    private const string PayloadDirectory = "payload";
    private const string LockPath = "lock";

    /// <inheritdoc cref="LogStore.Open"/>
    public static (LogStore Store, RecoveryReport Report) Open(
        IStoreFiles files, string directory, StoreOptions options)
    {
        files.CreateDirectory("");
        var opened = new Stack<IDisposable>();
        try
        {
            IDisposable held = files.TryLock(LockPath) ?? throw new StoreLockedException(directory);
            opened.Push(held);
            FormatFile.Check(files, [LogDirectory, PayloadDirectory, EpochDocuments.Directory]);

            SegmentChain log = SegmentChain.Open(files, LogDirectory, options.SegmentBytes);
            opened.Push(log);
            var payloads = SegmentChain.Open(files, PayloadDirectory, options.SegmentBytes);
            opened.Push(payloads);
            var documents = new EpochDocuments(files);
            (DerivedData derived, ScanPoint from) = DerivedResume.Open(
                files, documents, log, new NewestEntries(options.NewestBytes));
            opened.Push(derived);
            ulong known = derived.NextNumber;
            var logScan = new LogScan(log, new PayloadHeads(payloads), derived, from);
            logScan.Run();
            ThrowIfEpochsAreLost(derived, documents);

            var payloadScan = new PayloadScan(payloads);
            payloadScan.Run(logScan.LastPayload);

            // Nothing is changed before everything has been judged.
            RecoveryReport report = Report(log, logScan, payloads, payloadScan, derived, known);
            Settle(files, log, logScan.End, logScan.LastFrame, LogDirectory);
            Settle(files, payloads, payloadScan.End, payloadScan.Start, PayloadDirectory);
            documents.Settle();
            var cosigned = new CosignedFile(files);
            cosigned.Settle();
            var identity = new IdentityFile(files);
            identity.Settle();
            var payloadFiles = new PayloadFiles(payloads, derived.Erasures);
            var erasing = new Erasing(log, derived, payloadFiles);
            report = TellErasures(report, erasing.Resume(known));

            var store = new LogStore(
                held,
                log,
                payloadFiles,
                derived,
                erasing,
                documents,
                new SnapshotFiles(files),
                cosigned,
                identity,
                logScan.Checkpoint,
                derived.MarkAt(logScan.LastFrame, logScan.End),
                known);
            return (store, report);
        }
        catch
        {
            foreach (IDisposable one in opened) one.Dispose();
            throw;
        }
    }

    // A document is written just before its epoch's statement, so a crash leaves at most one that the
    // log does not know. More of them say that the log had epochs which it has no more: the disk lost
    // what was acknowledged. That must not be continued as if it had been a torn write.
    private static void ThrowIfEpochsAreLost(DerivedData derived, EpochDocuments documents)
    {
        long next = derived.Statements.Length > 0 ? derived.Statements[^1].Epoch + 1L : 0;
        if (documents.Newest() is not { } newest || newest <= next) return;
        throw new StoreDamagedException(
            EpochDocuments.PathOf(newest),
            $"the log ends before epoch {next}, but it had epoch {newest - 1}: its end is lost. "
            + "Restore the directory from a copy (docs/OPERATING.md, \"The end of the log is lost\").");
    }

    // Cuts what is torn, and makes durable what an earlier process may have left in doubt: the last
    // batch, the payloads after it, and the names of the files.
    private static void Settle(
        IStoreFiles files, SegmentChain chain, long end, long doubtfulFrom, string directory)
    {
        if (end < chain.End) chain.Cut(end);
        chain.Rewrite(doubtfulFrom);
        files.SyncDirectory(directory);
    }

    private static RecoveryReport TellErasures(RecoveryReport report, Erasing.Outcome outcome)
    {
        List<string> sentences = [.. report.Sentences];
        if (outcome.Erased > 0)
        {
            sentences.Add($"{outcome.Erased} payloads were erased, as the log's tombstones say.");
        }
        if (outcome.OutOfReach > 0)
        {
            sentences.Add(
                $"{outcome.OutOfReach} payloads that tombstones name were not found in their places, "
                + "and so not erased.");
        }
        return report with { Sentences = sentences };
    }

    private static RecoveryReport Report(
        SegmentChain log,
        LogScan logScan,
        SegmentChain payloads,
        PayloadScan payloadScan,
        DerivedData derived,
        ulong known)
    {
        long logCut = log.End - logScan.End;
        long payloadCut = payloads.End - payloadScan.End;
        int pending = payloadScan.Pending.Count;
        List<string> sentences =
        [
            $"The log has {derived.NextNumber} records of {derived.Statements.Length} epochs in "
            + $"{logScan.End} bytes.",
        ];
        if (known > 0)
        {
            sentences.Add(
                $"The index had {known} of them; {derived.NextNumber - known} were read.");
        }
        if (logCut > 0)
        {
            sentences.Add(
                $"{logCut} bytes of an unfinished batch were cut from {log.Segments[^1].Path}.");
        }
        if (payloadCut > 0)
        {
            sentences.Add(
                $"{payloadCut} bytes of unfinished payloads were cut from "
                + $"{payloads.Segments[^1].Path}.");
        }
        if (pending > 0)
        {
            sentences.Add($"{pending} requests were written and are not in the log.");
        }
        return new RecoveryReport
        {
            Size = derived.NextNumber,
            LogBytesCut = logCut,
            PayloadBytesCut = payloadCut,
            PendingPayloads = payloadScan.Pending,
            Sentences = sentences,
        };
    }
}
