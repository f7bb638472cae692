using System.Runtime.InteropServices;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Access;

/// <summary>
/// The files that decide on access, read again when they change and on SIGHUP. One that is not
/// well-formed changes nothing, and is told.
/// </summary>
internal sealed class AccessFiles : BackgroundService
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly FileSetting<KeyRing>? _keys;
    private readonly FileSetting<TokenKeys>? _tokenKeys;
    private readonly FileSetting<TlsCertificate>? _certificate;
    private readonly ILogger<AccessFiles> _log;
    private readonly TimeProvider _time;
    private readonly Lock _refreshing = new();
    private PosixSignalRegistration? _signal;

    /// <summary>Reads them.</summary>
    /// <exception cref="SettingFileException">One is not what it has to be.</exception>
    public AccessFiles(AccessSettings settings, ILogger<AccessFiles> log)
    {
        _log = log;
        _time = settings.Time;
        if (settings.KeysPath is { } keys) _keys = new("keys", [keys], ReadKeys);
        if (settings.TokenKeysPath is { } tokenKeys) _tokenKeys = new("jwt-keys", [tokenKeys], ReadTokenKeys);
        if (settings.Tls is { } tls)
        {
            _certificate = new(
                "tls-certificate", [tls.CertificatePath, tls.KeyPath], TlsCertificate.Read);
        }
    }

    /// <summary>The keys in force; none without a file.</summary>
    public KeyRing Keys => _keys?.Current ?? KeyRing.Empty;

    /// <summary>Who signs tokens; null if nobody does.</summary>
    public TokenKeys? TokenKeys => _tokenKeys?.Current;

    /// <summary>What TLS shows; null without TLS.</summary>
    public TlsCertificate? Certificate => _certificate?.Current;

    /// <summary>Names of the settings whose files are not in force as they stand now.</summary>
    public IReadOnlyList<string> Stale =>
    [
        .. new[]
        {
            (Name: "keys", _keys?.Fault),
            (Name: "jwt-keys", _tokenKeys?.Fault),
            (Name: "tls-certificate", _certificate?.Fault),
        }
        .Where(setting => setting.Fault is not null).Select(setting => setting.Name),
    ];

    /// <summary>Reads again what changed.</summary>
    public void Refresh()
    {
        lock (_refreshing)
        {
            Refresh(_keys);
            Refresh(_tokenKeys);
            Refresh(_certificate);
        }
    }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_keys is { Current.Count: 0 } && _tokenKeys is null)
        {
            _log.LogWarning("The file of keys has none: nobody gets in.");
        }
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            // The default would end the process.
            signal.Cancel = true;
            Refresh();
        });
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _signal?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Refresh();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway ends.
        }
    }

    private void Refresh<T>(FileSetting<T>? setting)
        where T : class
    {
        if (setting is null || !setting.Refresh()) return;
        if (setting.Fault is { } fault)
        {
            _log.LogError("What was in force stays: {Fault}", fault);
        }
        else
        {
            _log.LogInformation("{Setting}: read anew.", setting.Name);
        }
    }

    private static string? ReadKeys(string[] texts, out KeyRing? ring)
    {
        bool isRead = KeyFile.TryParse(texts[0], out KeyFile? file, out string? fault);
        ring = isRead ? new KeyRing(file) : null;
        return fault;
    }

    private static string? ReadTokenKeys(string[] texts, out TokenKeys? keys) =>
        TokenKeys.TryParse(texts[0], out keys, out string? fault) ? null : fault;
}
