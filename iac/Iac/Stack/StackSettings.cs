using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>The settings of table <c>[iac.stack]</c>.</summary>
internal static class StackSettings
{
    private const string Table = "iac.stack";

    public static Setting Name { get; } = new(
        Table, "stack", "NAME", "Name of the stack, and part of the names of what it makes", "main");

    public static Setting Release { get; } = new(
        Table, "release", "FOLDER", "The release that runs on it, as 'make release' writes it",
        "artifacts/release");

    public static Setting Origin { get; } = new(
        Table, "origin", "NAME",
        "Origin of the log, a URL without scheme; fixed with its first record");

    public static Setting CellsMax { get; } = new(
        Table, "cells_max", "N", "Most streams in the log; fixed likewise", "1000000");

    public static Setting IdempotencyWindow { get; } = new(
        Table, "idempotency_window", "N",
        "Numbers for which the log remembers a key; fixed likewise", "1000000");

    public static Setting Listen { get; } = new(
        Table, "listen", "WHERE",
        "loopback, reached through Systems Manager, or https, on port 443 with TLS and keys",
        "loopback");

    public static Setting LogGib { get; } = new(
        Table, "log_gib", "GIB", "Size of the volume of the log, encrypted gp3", "100");

    public static Setting EnclaveMemoryMib { get; } = new(
        Table, "enclave_memory_mib", "MIB", "Memory of the enclave", "1024");

    public static Setting EnclaveCpus { get; } = new(
        Table, "enclave_cpus", "N", "Processors of the enclave, whole cores", "2");

    public static Setting Sealing { get; } = new(
        Table, "sealing", "KEY",
        "What seals the log's stable identity: none, stack for the stack's own KMS key, or the ARN of "
        + "a key; fixed likewise", "none");

    public static Setting Pulumi { get; } = new(
        Table, "pulumi", "FILE", "The pulumi command", "pulumi");

    public static Setting State { get; } = new(
        Table, "state", "FOLDER",
        "What Pulumi knows of the stacks, and the passphrase (default: ~/.local/share/sequencer/iac)");

    public static Setting Backend { get; } = new(
        Table, "pulumi_backend", "URL",
        "Where Pulumi keeps its state instead, such as s3://bucket (default: the folder above)");

    public static Setting PassphraseFile { get; } = new(
        Table, "passphrase_file", "FILE",
        "Passphrase of Pulumi's state (default: made at first, in the folder above)");

    /// <summary>What every command on a stack takes.</summary>
    public static IReadOnlyList<Setting> Connection { get; } =
        [Name, Pulumi, State, Backend, PassphraseFile];

    /// <summary>What a stack is made from.</summary>
    public static IReadOnlyList<Setting> Making { get; } =
    [
        Release, Origin, CellsMax, IdempotencyWindow, Listen, LogGib, EnclaveMemoryMib, EnclaveCpus,
        Sealing,
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Connection, .. Making];
}
