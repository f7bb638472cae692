using System.Text.Json;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>One stack, as the user's own <c>pulumi</c> knows it.</summary>
internal sealed class PulumiStack : IDisposable
{
    private static readonly string[] Quiet = ["--non-interactive", "--color", "never"];

    private readonly PulumiProgram _pulumi;

    private PulumiStack(StackFolder folder, PulumiProgram pulumi)
    {
        Folder = folder;
        _pulumi = pulumi;
    }

    /// <summary>Where it is kept.</summary>
    public StackFolder Folder { get; }

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();

    /// <summary>Finds <c>pulumi</c>, and makes the stack's folder.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="aws">Who changes things in AWS, and keeps others from it meanwhile; null where
    /// nothing is changed.</param>
    /// <param name="screen">For progress.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PulumiStack> OpenAsync(
        SettingValues settings,
        AwsConnection? aws,
        Screen screen,
        CancellationToken cancellationToken)
    {
        string program = settings.Require(StackSettings.Pulumi);
        if (program.Contains('/', StringComparison.Ordinal)) program = Path.GetFullPath(program);
        // Before anything is written.
        await new PulumiProgram(program, ".", new Dictionary<string, string?>(), screen)
            .RequireAsync(cancellationToken);
        StackFolder folder = StackFolder.Open(settings, isHeld: aws is not null);
        return new PulumiStack(
            folder,
            new PulumiProgram(program, folder.Path, Variables(folder, settings, aws), screen));
    }

    /// <summary>Makes it known to Pulumi; nothing in AWS.</summary>
    public Task CreateAsync(CancellationToken cancellationToken) => RequireAsync(
        ["stack", "select", Folder.Name, "--create", .. Quiet], cancellationToken);

    /// <summary>Sees that Pulumi knows it.</summary>
    /// <exception cref="CommandFailure">It does not, or cannot tell.</exception>
    public async Task RequireKnownAsync(CancellationToken cancellationToken)
    {
        string[] arguments = ["stack", "select", Folder.Name, .. Quiet];
        PulumiResult result = await _pulumi.CaptureAsync(arguments, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.ExitCode == 0) return;
        if (!result.Error.Contains("no stack named", StringComparison.Ordinal))
        {
            throw Failed(arguments, result);
        }
        if (!Folder.HasSettings) Folder.Remove();
        throw NoSuchStack();
    }

    /// <summary>What the last run made.</summary>
    /// <exception cref="CommandFailure">There is nothing.</exception>
    public async Task<RunningStack> RequireRunningAsync(CancellationToken cancellationToken)
    {
        await RequireKnownAsync(cancellationToken);
        return await ReadAsync(cancellationToken) ?? throw NoSuchStack();
    }

    /// <summary>What the last run made; null for nothing.</summary>
    /// <exception cref="CommandFailure">Pulumi cannot tell.</exception>
    public async Task<RunningStack?> ReadAsync(CancellationToken cancellationToken)
    {
        PulumiResult outputs = await RequireAsync(
            ["stack", "output", "--json", "--stack", Folder.Name, .. Quiet], cancellationToken);
        PulumiResult export = await RequireAsync(
            ["stack", "export", "--stack", Folder.Name, .. Quiet], cancellationToken);
        return Understand(() => RunningStack.Read(outputs.Output, export.Output));
    }

    /// <summary>Shows what a run would change.</summary>
    public async Task PreviewAsync(CancellationToken cancellationToken) => RequireDone(
        await _pulumi.ShowAsync(
            ["preview", "--stack", Folder.Name, "--diff", .. Quiet], cancellationToken),
        ExitCodes.Refused, "Nothing was made.", cancellationToken);

    /// <summary>What a run would change, as Pulumi's JSON.</summary>
    public async Task<string> PreviewJsonAsync(CancellationToken cancellationToken) =>
        (await RequireAsync(
            ["preview", "--stack", Folder.Name, "--json", .. Quiet], cancellationToken)).Output;

    /// <summary>Makes it so.</summary>
    /// <returns>What was made.</returns>
    public async Task<RunningStack> UpAsync(bool isRefreshed, CancellationToken cancellationToken)
    {
        RequireDone(
            await _pulumi.ShowAsync(
                [
                    "up", "--stack", Folder.Name, "--yes", "--skip-preview", "--suppress-outputs",
                    .. isRefreshed ? (string[])["--refresh"] : [], .. Quiet,
                ],
                cancellationToken),
            ExitCodes.Unfinished,
            "What was made so far is remembered: 'iac up' goes on with it, and 'iac up --refresh' where "
            + "Pulumi was killed; 'iac down' takes it away.",
            cancellationToken);
        // Also where Ctrl-C came too late for Pulumi to stop: what was made is told.
        return await UnfinishedAsync(
            "Pulumi made the stack all the same: 'iac status' shows it.",
            async () => await ReadAsync(CancellationToken.None) ?? throw new CommandFailure(
                FailureCodes.PulumiFailed, "Pulumi knows no outputs of the stack."));
    }

    /// <summary>Shows what <see cref="DownAsync"/> would take away.</summary>
    public async Task PreviewDownAsync(CancellationToken cancellationToken) => RequireDone(
        await _pulumi.ShowAsync(
            [
                "destroy", "--stack", Folder.Name, "--exclude-protected", "--preview-only", .. Quiet,
            ],
            cancellationToken),
        ExitCodes.Refused, "Nothing was done.", cancellationToken);

    /// <summary>Takes away everything but the log's volume and the sealing key.</summary>
    /// <exception cref="CommandFailure">One of them is not protected; nothing was done.</exception>
    public async Task DownAsync(CancellationToken cancellationToken)
    {
        if ((await KeptAsync(cancellationToken)).FirstOrDefault(kept => !kept.IsProtected) is { } open)
        {
            throw new CommandFailure(
                FailureCodes.NotProtected,
                $"{open.Type} is not protected, as after an 'iac down --with-log' that was broken off, "
                + "and would go too. 'iac up' protects it again; 'iac down --with-log' goes on.",
                ExitCodes.Unusable);
        }
        await DestroyUnprotectedAsync("'iac down' goes on.", cancellationToken);
    }

    /// <summary>Takes away everything, the log's volume and the sealing key too, and forgets it.
    /// </summary>
    public async Task DestroyAsync(CancellationToken cancellationToken)
    {
        // What can fail goes first, while the log is still protected.
        const string WhatNow = "run the same again.";
        await DestroyUnprotectedAsync(WhatNow, cancellationToken);
        await UnfinishedAsync($"What is left is remembered: {WhatNow}", async () =>
        {
            // Pulumi may have been done before it was asked to stop; the log stays all the same.
            cancellationToken.ThrowIfCancellationRequested();
            if ((await KeptAsync(cancellationToken)).Count == 0) return true;
            await RequireAsync(
                ["state", "unprotect", "--all", "--stack", Folder.Name, "--yes", .. Quiet],
                cancellationToken);
            return true;
        });
        RequireDone(
            await _pulumi.ShowAsync(
                [
                    "destroy", "--stack", Folder.Name, "--yes", "--skip-preview", "--remove",
                    .. Quiet,
                ],
                cancellationToken),
            ExitCodes.Unfinished, $"What is left is remembered: {WhatNow}", cancellationToken);
        Folder.Remove();
    }

    private async Task DestroyUnprotectedAsync(
        string whatNow, CancellationToken cancellationToken) => RequireDone(
        await _pulumi.ShowAsync(
            [
                "destroy", "--stack", Folder.Name, "--exclude-protected", "--yes",
                "--skip-preview", .. Quiet,
            ],
            cancellationToken),
        ExitCodes.Unfinished, $"What is left is remembered: {whatNow}", cancellationToken);

    private async Task<IReadOnlyList<StackResource>> KeptAsync(CancellationToken cancellationToken)
    {
        PulumiResult export = await RequireAsync(
            ["stack", "export", "--stack", Folder.Name, .. Quiet], cancellationToken);
        return Understand(() => StackResource.Read(export.Output).Where(r => r.IsKept).ToList());
    }

    private static Dictionary<string, string?> Variables(
        StackFolder folder, SettingValues settings, AwsConnection? aws)
    {
        var variables = new Dictionary<string, string?>
        {
            ["PULUMI_BACKEND_URL"] = folder.Backend,
            ["PULUMI_SKIP_UPDATE_CHECK"] = "true",
            // What this command found goes by the names of AWS's own tools; nothing twice.
            [AwsSettings.SecretKey.Variable] = null,
            [AwsSettings.SessionToken.Variable] = null,
        };
        if (folder.PassphraseFile is { } file) variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = file;
        if (aws is null) return variables;
        AwsCredentials credentials = aws.Credentials;
        variables["AWS_ACCESS_KEY_ID"] = credentials.AccessKey;
        variables["AWS_SECRET_ACCESS_KEY"] = credentials.SecretKey;
        variables["AWS_SESSION_TOKEN"] = credentials.SessionToken;
        variables["AWS_PROFILE"] = null;
        variables["AWS_REGION"] = aws.Region;
        if (settings.Find(AwsSettings.EndpointUrl) is { } endpoint)
        {
            variables["AWS_ENDPOINT_URL"] = endpoint;
        }
        return variables;
    }

    private async Task<PulumiResult> RequireAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        PulumiResult result = await _pulumi.CaptureAsync(arguments, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.ExitCode == 0) return result;
        throw Failed(arguments, result);
    }

    private static CommandFailure Failed(IReadOnlyList<string> arguments, PulumiResult result)
    {
        string said = string.Join(' ', result.Error.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return new CommandFailure(
            FailureCodes.PulumiFailed, $"pulumi {arguments[0]} {arguments[1]} failed: {said}");
    }

    private CommandFailure NoSuchStack() => new(
        FailureCodes.NoSuchStack, $"There is no stack {Folder.Name}: 'iac up' makes it.",
        ExitCodes.Unusable);

    // What Pulumi prints is JSON of a form that it does not promise for ever.
    private static T Understand<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or KeyNotFoundException)
        {
            throw new CommandFailure(
                FailureCodes.PulumiFailed,
                "What pulumi says of the stack is not understood here; 'pulumi stack' in the stack's "
                + $"folder shows it: {e.Message}");
        }
    }

    // What fails once something was done does not leave things as they were.
    private static async Task<T> UnfinishedAsync<T>(string whatNow, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CommandFailure failure)
        {
            throw new CommandFailure(
                failure.Code, $"{failure.Message} {whatNow}", ExitCodes.Unfinished);
        }
        catch (OperationCanceledException)
        {
            throw BrokenOff(whatNow, ExitCodes.Unfinished);
        }
    }

    private static void RequireDone(
        int exitCode, int failureExitCode, string whatNow, CancellationToken cancellationToken)
    {
        if (exitCode == 0) return;
        if (cancellationToken.IsCancellationRequested) throw BrokenOff(whatNow, failureExitCode);
        throw new CommandFailure(
            FailureCodes.PulumiFailed,
            $"Pulumi failed, for the reasons above. {whatNow}", failureExitCode);
    }

    private static CommandFailure BrokenOff(string whatNow, int exitCode) => new(
        FailureCodes.Cancelled, $"Broken off. {whatNow}",
        exitCode == ExitCodes.Refused ? ExitCodes.Unusable : exitCode);
}
