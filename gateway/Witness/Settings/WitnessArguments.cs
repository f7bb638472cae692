using System.Diagnostics.CodeAnalysis;
using System.Net;
using Sequencer.Attestation.Verification;

namespace Sequencer.Witness.Settings;

/// <summary>The command line of a witness.</summary>
internal static class WitnessArguments
{
    public const string Help =
        """
        A witness of sequencer logs: cosigns a log's checkpoint only if it extends every one that it
        cosigned before. Run one for a log that is not yours; that is what makes it worth something.

          sequencer-witness --state DIR --name NAME                    make the key, print it
          sequencer-witness --state DIR --name NAME --policy trust-policy.json [settings]

          --state DIR          Key and states, one file a log; made if it is not there. Never
                               restore it from a backup: a witness that forgets can be shown a fork.
          --name NAME          The witness's name, as a URL without scheme: witness.example/w1
          --policy FILE        Trust policy of a log to watch; again for each further log.
          --listen URL         Where to serve HTTP. [http://127.0.0.1:5080]

        The first start makes an Ed25519 key in DIR/key (readable by you alone), and every start
        prints the public one (vkey). Without --policy that is all it does: a log names its
        witnesses when it is made, so its operator needs the vkey before there is a log to watch.
        Those who verify its receipts put it into their trust policies, member "witnesses":

          witness w1 witness.example/w1+20324abe+BCms...
          quorum w1

        What it serves (docs/PROTOCOL.md section 16; c2sp.org/tlog-witness):

          POST /add-checkpoint              cosign a checkpoint
          POST /add-epoch                   learn the keys of an epoch, from its attestation
          GET  /SHA256-OF-ORIGIN/checkpoint the newest head it cosigned
          GET  /                            its vkey, and the logs that it watches

        It needs no other secret and no database. If a write fails it stops: start it again.

        """;

    private static readonly IPEndPoint DefaultListen = new(IPAddress.Loopback, 5080);

    /// <summary>Reads the flags and the policies; the fault is one line for people.</summary>
    public static bool TryRead(
        IReadOnlyList<string> arguments,
        [NotNullWhen(true)] out WitnessSettings? settings,
        out string fault)
    {
        settings = null;
        string? state = null, name = null;
        IPEndPoint listen = DefaultListen;
        var policies = new List<TrustPolicy>();
        for (int i = 0; i < arguments.Count; i += 2)
        {
            string flag = arguments[i];
            fault = $"{flag}: a value is missing.";
            if (i + 1 == arguments.Count) return false;
            string value = arguments[i + 1];
            fault = "";
            switch (flag)
            {
                case "--state": state = value; break;
                case "--name": name = value; break;
                case "--listen":
                    if (!TryReadListen(value, out listen, out fault)) return false;
                    break;
                case "--policy":
                    if (!TryReadPolicy(value, out TrustPolicy? policy, out fault)) return false;
                    policies.Add(policy);
                    break;
                default:
                    fault = $"{flag} is no setting; see --help.";
                    return false;
            }
        }
        fault = state is null ? "--state is missing; see --help."
            : name is null ? "--name is missing; see --help."
            : policies.DistinctBy(p => p.Origin).Count() != policies.Count
                ? "--policy: two policies have the same origin, by which a witness knows a log."
            : "";
        if (fault.Length > 0) return false;
        settings = new WitnessSettings(state!, name!, listen, [.. policies]);
        return true;
    }

    private static bool TryReadPolicy(
        string path, [NotNullWhen(true)] out TrustPolicy? policy, out string fault)
    {
        policy = null;
        fault = "";
        try
        {
            if (new FileInfo(path).Length > TrustPolicy.MaxBytes)
            {
                fault = $"--policy {path}: longer than a trust policy can be.";
                return false;
            }
            if (TrustPolicy.TryParse(File.ReadAllBytes(path), out policy, out string? why))
            {
                return true;
            }
            fault = $"--policy {path} is not a trust policy: {why}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"--policy {path}: {e.Message}";
        }
        return false;
    }

    private static bool TryReadListen(string text, out IPEndPoint listen, out string fault)
    {
        listen = DefaultListen;
        fault = $"--listen {text}: not http://ADDRESS:PORT.";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            || url.Scheme != "http" || url.PathAndQuery != "/")
        {
            return false;
        }
        IPAddress? address = IPAddress.Loopback;
        if (url.Host != "localhost" && !IPAddress.TryParse(url.Host, out address)) return false;
        listen = new IPEndPoint(address, url.Port);
        return true;
    }
}
