using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Reads policies. A policy is written by people, so a fault names the member; a member that is not
/// understood could be a restriction, so none is passed over.
/// </summary>
internal ref struct TrustPolicyReader
{
    public const string Format = "sequencer-trust-policy/v1";
    public const string ImagesFormat = "sequencer-measurements/v1";
    public const string AwsRoot = "aws-nitro-enclaves-g1";

    private Utf8JsonReader _json;
    private string _place = "the policy";

    private TrustPolicyReader(ReadOnlySpan<byte> json) =>
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });

    public static bool TryReadPolicy(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out TrustPolicy? policy,
        [NotNullWhen(false)] out string? fault) =>
        TryRead(json, ToPolicy, out policy, out fault);

    public static bool TryReadImages(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out TrustedImages? images,
        [NotNullWhen(false)] out string? fault) =>
        TryRead(json, ToImages, out images, out fault);

    private static bool TryRead<T>(
        ReadOnlySpan<byte> json,
        Func<Members, T> make,
        [NotNullWhen(true)] out T? made,
        [NotNullWhen(false)] out string? fault)
        where T : class
    {
        made = null;
        fault = $"the policy: more than {TrustPolicy.MaxBytes} bytes";
        if (json.Length > TrustPolicy.MaxBytes) return false;
        var reader = new TrustPolicyReader(json);
        // The one place where a fault in the text, found at any depth, becomes an answer.
        try
        {
            made = make(reader.ReadMembers());
            fault = null;
            return true;
        }
        catch (PolicyFault e)
        {
            fault = e.Message;
        }
        catch (JsonException e)
        {
            fault = $"{reader._place}: not JSON,"
                + $" line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
        }
        catch (InvalidOperationException)
        {
            // The platform's way to say that a string's bytes or escapes are no Unicode text.
            fault = $"{reader._place}: not text";
        }
        catch (ArgumentException e)
        {
            fault = e.Message;
        }
        return false;
    }

    private static TrustPolicy ToPolicy(Members members)
    {
        if (Required(members.Format, "format") != Format)
        {
            throw new PolicyFault($"format: not {Format}");
        }
        if (!Digest.TryParseHex(Required(members.LogId, "log_id"), out Digest id))
        {
            throw new PolicyFault("log_id: not 64 lower-case hexadecimal digits");
        }
        byte[] text = Encoding.UTF8.GetBytes(Required(members.Configuration, "configuration"));
        if (!LogConfiguration.TryParse(text, out LogConfiguration? configuration))
        {
            throw new PolicyFault("configuration: not the text of a configuration");
        }
        if (Required(members.Origin, "origin") != configuration.Origin)
        {
            throw new PolicyFault(
                $"origin: {members.Origin} is not the configuration's origin "
                + $"{configuration.Origin}");
        }
        WitnessPolicy? witnesses = null;
        if (members.Witnesses is { } witnessText
            && !WitnessPolicy.TryParse(witnessText, out witnesses, out WitnessPolicyFault fault))
        {
            throw new PolicyFault($"witnesses: {fault}");
        }
        return new TrustPolicy(
            id, configuration, Required(members.Measurements, "measurements"), members.Roots,
            witnesses);
    }

    private static TrustedImages ToImages(Members members)
    {
        if (Required(members.Format, "format") != ImagesFormat)
        {
            throw new PolicyFault($"format: not {ImagesFormat}");
        }
        // Measurements that speak of a log would look as if they pinned it.
        if ((members.LogId ?? members.Origin ?? members.Configuration ?? members.Witnesses)
            is not null)
        {
            throw new PolicyFault($"{ImagesFormat}: log_id, origin, configuration and witnesses "
                + $"belong to a {Format}");
        }
        return new TrustedImages(Required(members.Measurements, "measurements"), members.Roots);
    }

    private Members ReadMembers()
    {
        var members = new Members();
        var seen = new HashSet<string>();
        Next();
        Require(JsonTokenType.StartObject, "an object");
        while (NextMember(seen) is { } member)
        {
            _place = member;
            Next();
            switch (member)
            {
                case "format": members.Format = Text(); break;
                case "log_id": members.LogId = Text(); break;
                case "origin": members.Origin = Text(); break;
                case "configuration": members.Configuration = Text(); break;
                case "witnesses": members.Witnesses = Text(); break;
                case "measurements": members.Measurements = ReadMeasurements(); break;
                case "roots": ReadRoots(members.Roots, AwsRootOf); break;
                case "insecure_development_roots":
                    ReadRoots(members.Roots, DevelopmentRootOf);
                    break;
                default: throw Fault("unknown member");
            }
        }
        _place = "the policy";
        if (_json.Read()) throw Fault("something follows the object");
        return members;
    }

    private List<AcceptedMeasurement> ReadMeasurements()
    {
        var measurements = new List<AcceptedMeasurement>();
        Require(JsonTokenType.StartArray, "an array");
        while (Next() != JsonTokenType.EndArray)
        {
            _place = $"measurements[{measurements.Count}]";
            if (measurements.Count == TrustedImages.MeasurementsMax) throw Fault("too many");
            measurements.Add(ReadMeasurement(_place));
        }
        return measurements;
    }

    private AcceptedMeasurement ReadMeasurement(string place)
    {
        string? name = null;
        ulong? notAfterSize = null;
        var pcrs = new Dictionary<int, ReadOnlyMemory<byte>>();
        var seen = new HashSet<string>();
        Require(JsonTokenType.StartObject, "an object");
        while (NextMember(seen) is { } member)
        {
            _place = $"{place}.{member}";
            Next();
            switch (member)
            {
                case "name": name = Text(); break;
                case "pcr0": pcrs[0] = Pcr(); break;
                case "pcr1": pcrs[1] = Pcr(); break;
                case "pcr2": pcrs[2] = Pcr(); break;
                case "pcr3": pcrs[3] = Pcr(); break;
                case "pcr4": pcrs[4] = Pcr(); break;
                case "pcr8": pcrs[8] = Pcr(); break;
                case "not_after_size": notAfterSize = Size(); break;
                default: throw Fault("unknown member");
            }
        }
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new PolicyFault($"{place}.name: missing or empty");
        }
        for (int index = 0; index <= 2; index++)
        {
            if (!pcrs.ContainsKey(index)) throw new PolicyFault($"{place}.pcr{index}: missing");
        }
        var set = new MeasurementSet(
            name, pcrs[0].Span, pcrs[1].Span, pcrs[2].Span, pcrs.Where(p => p.Key > 2));
        return new AcceptedMeasurement(set, notAfterSize);
    }

    private delegate TrustedRoot RootOf(string text, string place);

    private void ReadRoots(List<TrustedRoot> roots, RootOf rootOf)
    {
        string member = _place;
        Require(JsonTokenType.StartArray, "an array");
        for (int i = 0; Next() != JsonTokenType.EndArray; i++)
        {
            _place = $"{member}[{i}]";
            if (roots.Count == TrustedImages.RootsMax) throw Fault("too many roots");
            roots.Add(rootOf(Text(), _place));
        }
    }

    private static TrustedRoot AwsRootOf(string text, string place) =>
        text == AwsRoot
            ? TrustedRoot.AwsNitroEnclavesG1
            : throw new PolicyFault($"{place}: no root has the name {text}");

    private static TrustedRoot DevelopmentRootOf(string text, string place)
    {
        if (!CanonicalText.TryParseBase64(text, out byte[] der)
            || der.Length > AttestationLimits.CertificateBytesMax)
        {
            throw new PolicyFault($"{place}: not the base64 of a certificate");
        }
        try
        {
            return TrustedRoot.InsecureDevelopmentRoot(der);
        }
        catch (ArgumentException e)
        {
            throw new PolicyFault($"{place}: {e.Message}");
        }
    }

    private ReadOnlyMemory<byte> Pcr()
    {
        string text = Text();
        if (text.Length != 2 * AttestationLimits.PcrBytes || !text.All(char.IsAsciiHexDigitLower))
        {
            throw Fault("not 96 lower-case hexadecimal digits");
        }
        byte[] value = Convert.FromHexString(text);
        return value.AsSpan().ContainsAnyExcept((byte)0)
            ? value
            : throw Fault("all zero, which measures nothing");
    }

    private readonly ulong Size()
    {
        Require(JsonTokenType.Number, "an integer");
        return _json.TryGetUInt64(out ulong value) ? value : throw Fault("not an integer from 0");
    }

    private string Text()
    {
        Require(JsonTokenType.String, "a string");
        return _json.GetString()!;
    }

    /// <summary>The name of the next member; null at the object's end.</summary>
    private string? NextMember(HashSet<string> seen)
    {
        if (Next() == JsonTokenType.EndObject) return null;
        string name = _json.GetString()!;
        return seen.Add(name) ? name : throw new PolicyFault($"{name}: stands twice");
    }

    private JsonTokenType Next() =>
        _json.Read() ? _json.TokenType : throw Fault("the text ends early");

    private readonly void Require(JsonTokenType type, string what)
    {
        if (_json.TokenType != type) throw Fault($"not {what}");
    }

    private static T Required<T>(T? value, string member)
        where T : class => value ?? throw new PolicyFault($"{member}: missing");

    private readonly PolicyFault Fault(string reason) => new($"{_place}: {reason}");

    /// <summary>What stands in either format, before it is known to make sense.</summary>
    private sealed class Members
    {
        public string? Format { get; set; }

        public string? LogId { get; set; }

        public string? Origin { get; set; }

        public string? Configuration { get; set; }

        public string? Witnesses { get; set; }

        public List<AcceptedMeasurement>? Measurements { get; set; }

        public List<TrustedRoot> Roots { get; } = [];
    }

    /// <summary>Carries a fault to <see cref="TryRead"/> and never beyond.</summary>
    private sealed class PolicyFault(string message) : Exception(message);
}
