using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Live;
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
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The endpoints have limits of their own and answer with a problem.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = settings.ConnectionsMax;
            // What a connection may send ahead of being read, which no budget counts.
            kestrel.Limits.MaxRequestBufferSize = ConnectionBufferBytes;
            kestrel.Listen(settings.Listen, listen =>
            {
                if (settings.Access.Tls is not null) UseTls(listen);
            });
        });
        builder.Services.AddRoutingCore();
        GatewayLogging.AddConsole(builder.Logging, settings.Logging);
        AddParts(builder.Services, settings, disk, openStore);
        WebApplication app = builder.Build();
        GatewayEndpoints.Map(app);
        var metrics = app.Services.GetRequiredService<GatewayMetrics>();
        metrics.WatchDisk(disk);
        metrics.WatchBodies(app.Services.GetRequiredService<ByteBudget>());
        AccessFiles access = app.Services.GetRequiredService<AccessFiles>();
        metrics.WatchAccess(() => access.Stale.Count);
        // Made now, or nobody would listen.
        app.Services.GetService<OtlpTraces>();
        return app;
    }

    // The certificate is asked for at each handshake, so that a new one needs no restart.
    private static void UseTls(ListenOptions listen)
    {
        AccessFiles files = listen.ApplicationServices.GetRequiredService<AccessFiles>();
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = files.Certificate!.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            }),
        });
    }

    /// <summary>What a gateway is made of. Tests take some of it, to drive it step by step.</summary>
    internal static void AddParts(
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
        services.AddSingleton(new AnswerBudget(settings.AnswersMaxBytes));
        services.AddSingleton(p => new AppendQueue(
            settings.QueueMax, p.GetRequiredService<GatewayMetrics>()));
        services.AddSingleton(new PipelineSettings(
            settings.Enclave, settings.EnclaveTimes, BackoffMin, BackoffMax, settings.Log)
        {
            SnapshotRecords = settings.SnapshotRecords,
            Credentials = settings.Credentials,
        });
        if (settings.KmsPipe is { } pipe)
        {
            services.AddHostedService(p => new KmsForwarder(
                pipe, TimeProvider.System, p.GetRequiredService<ILogger<KmsForwarder>>()));
        }
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
        services.AddHostedService(p => p.GetRequiredService<AccessFiles>());
        AddAccess(services, settings.Access);
        services.AddSingleton(settings);
        services.AddSingleton(new EdgeLimits(settings.EntryMaxBytes, settings.BatchMaxBytes));
        services.AddSingleton<ReceiptBuilder>();
        services.AddSingleton<AppendAnswers>();
        services.AddSingleton(provider => new WitnessWait(
            provider.GetRequiredService<PipelineState>(),
            WitnessWait.Patience,
            settings.EnclaveTimes.Time));
        services.AddSingleton(settings.Subscribers);
        services.AddSingleton<CheckpointEvents>();
        services.AddSingleton(provider =>
        {
            AppendQueue appends = provider.GetRequiredService<AppendQueue>();
            return new DeliveryPace(
                () => appends.IsBusy, () => appends.Volume, settings.EnclaveTimes.Time);
        });
        services.AddSingleton(provider => new LiveReaders(
            provider.GetRequiredService<PipelineState>(),
            settings.Subscribers,
            settings.EnclaveTimes.Time));
        services.AddHostedService(provider => provider.GetRequiredService<LiveReaders>());
        services.AddSingleton<RangeAnswers>();
        services.AddSingleton<TenantStreams>();
        services.AddSingleton<AppendEndpoints>();
        services.AddSingleton<EntryEndpoints>();
        services.AddSingleton<ErasureEndpoints>();
        services.AddSingleton<StreamEndpoints>();
        services.AddSingleton<LogEndpoints>();
        services.AddSingleton<EpochEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<SequenceEndpoint>();
    }

    private static void AddAccess(IServiceCollection services, AccessSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<AccessFiles>();
        services.AddSingleton(new TenantAllowances(settings.Time));
        services.AddSingleton<AccessGate>();
        services.AddSingleton<CrossOrigin>();
    }
}
