using Sequencer.Gateway.Http;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tracing;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Gateway;

/// <summary>Wires the gateway together.</summary>
internal static class GatewayHost
{
    private const int ConnectionBufferBytes = 64 * 1024;
    private static readonly TimeSpan BackoffMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(2);

    /// <summary>A gateway with these settings, not yet started.</summary>
    public static WebApplication Build(GatewaySettings settings) =>
        Build(
            settings,
            DiskReserve.Of(settings.DataDirectory, settings.DiskFreeMinBytes),
            () => LogStore.Open(settings.DataDirectory, new StoreOptions()));

    /// <summary>The same with another disk, for tests that fill it and make it fail.</summary>
    internal static WebApplication Build(
        GatewaySettings settings,
        DiskReserve disk,
        Func<(LogStore Store, RecoveryReport Report)> openStore)
    {
        // Empty: neither files nor variables of the framework's own say anything here.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The endpoints have limits of their own and answer with a problem.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = settings.ConnectionsMax;
            // What a connection may send ahead of being read, which no budget counts.
            kestrel.Limits.MaxRequestBufferSize = ConnectionBufferBytes;
            kestrel.Listen(settings.Listen);
        });
        builder.Services.AddRoutingCore();
        GatewayLogging.AddConsole(builder.Logging, settings.Logging);
        AddParts(builder.Services, settings, disk, openStore);
        WebApplication app = builder.Build();
        GatewayEndpoints.Map(app);
        var metrics = app.Services.GetRequiredService<GatewayMetrics>();
        metrics.WatchDisk(disk);
        metrics.WatchBodies(app.Services.GetRequiredService<ByteBudget>());
        // Made now, or nobody would listen.
        app.Services.GetService<OtlpTraces>();
        return app;
    }

    private static void AddParts(
        IServiceCollection services,
        GatewaySettings settings,
        DiskReserve disk,
        Func<(LogStore Store, RecoveryReport Report)> openStore)
    {
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton(settings.Logging);
        if (settings.OtlpEndpoint is { } endpoint)
        {
            services.AddSingleton(_ => new OtlpTraces(endpoint));
        }
        services.AddSingleton<RequestTelemetry>();
        services.AddSingleton(disk);
        services.AddSingleton<PipelineState>();
        services.AddSingleton(new ByteBudget(settings.QueueMaxBytes));
        services.AddSingleton(p => new AppendQueue(
            settings.QueueMax, p.GetRequiredService<GatewayMetrics>()));
        services.AddSingleton(new PipelineSettings(
            settings.Enclave, settings.EnclaveTimes, BackoffMin, BackoffMax, settings.Log)
        {
            SnapshotRecords = settings.SnapshotRecords,
        });
        services.AddSingleton(openStore);
        services.AddSingleton(_ => new WitnessAddresses(settings.Witnesses));
        services.AddSingleton<Pipeline>();
        services.AddSingleton<PipelineHost>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        // Stopped in the reverse order: the enclave ends after what has arrived was worked off.
        if (settings.EnclaveCommand is { } command)
        {
            services.AddHostedService(p => new EnclaveSupervisor(
                command,
                p.GetRequiredService<GatewayMetrics>(),
                p.GetRequiredService<ILogger<EnclaveSupervisor>>()));
        }
        services.AddHostedService(p => p.GetRequiredService<PipelineHost>());
        services.AddSingleton(new EdgeLimits(settings.EntryMaxBytes, settings.BatchMaxBytes));
        services.AddSingleton<ReceiptBuilder>();
        services.AddSingleton<AppendAnswers>();
        services.AddSingleton(provider => new WitnessWait(
            provider.GetRequiredService<PipelineState>(),
            WitnessWait.Patience,
            settings.EnclaveTimes.Time));
        services.AddSingleton<AppendEndpoints>();
        services.AddSingleton<EntryEndpoints>();
        services.AddSingleton<StreamEndpoints>();
        services.AddSingleton<LogEndpoints>();
        services.AddSingleton<EpochEndpoints>();
        services.AddSingleton<HealthEndpoints>();
    }
}
