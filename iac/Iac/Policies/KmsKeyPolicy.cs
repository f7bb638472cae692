using System.Globalization;
using System.Text.Json;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Iac.Policies;

/// <summary>Who may do what with the KMS key.</summary>
internal sealed record KmsKeyUsers
{
    /// <summary>Whoever keeps the key, but cannot use it: the account or a role, as an ARN.</summary>
    public required string Administrator { get; init; }

    /// <summary>The role of the instance on which the enclave runs, as an ARN with its path.</summary>
    public required string Role { get; init; }

    /// <summary>True where nobody may ever change the policy again.</summary>
    public bool IsFixed { get; init; }
}

/// <summary>
/// The policy of a KMS key that only an attested enclave can use. KMS compares the PCRs with those of
/// the attestation document that comes with a call, in the conditions
/// <c>kms:RecipientAttestation:PCR&lt;n&gt;</c>; a call without a document meets none of them.
/// </summary>
internal static class KmsKeyPolicy
{
    private static readonly int[] Indexes = [0, 1, 2];

    // Nothing here uses the key, nor lets anybody else use it: no Decrypt, and no CreateGrant, which
    // would give away Decrypt without conditions.
    private static readonly string[] Administration =
    [
        "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants",
        "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:RevokeGrant", "kms:EnableKeyRotation",
        "kms:TagResource", "kms:UntagResource", "kms:EnableKey", "kms:DisableKey",
        "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
    ];

    private static readonly string[] Use = ["kms:Decrypt", "kms:GenerateDataKey"];

    /// <summary>Writes the policy document.</summary>
    public static void Write(
        Utf8JsonWriter json, IEnumerable<MeasurementSet> images, KmsKeyUsers users)
    {
        json.WriteStartObject();
        json.WriteString("Version", "2012-10-17");
        json.WriteStartArray("Statement");
        WriteStatement(
            json, "KeepTheKey", users.Administrator,
            users.IsFixed ? Administration : [.. Administration, "kms:PutKeyPolicy"]);
        json.WriteEndObject();
        WriteUse(json, images, users.Role);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// Writes one statement for each image: in one for all, PCR0 of one image would go with PCR1 of
    /// another. The role's own policy has to allow the calls as well.
    /// </summary>
    public static void WriteUse(
        Utf8JsonWriter json, IEnumerable<MeasurementSet> images, string role)
    {
        int number = 0;
        foreach (MeasurementSet image in images)
        {
            number++;
            // The account stands for its IAM, and a condition for the role: KMS would keep a role that
            // is the principal by its unique id, and deny the one that is made anew under its name.
            WriteStatement(
                json, string.Create(CultureInfo.InvariantCulture, $"UseInEnclave{number}"),
                PrincipalArn.AccountOf(role), Use);
            json.WriteStartObject("Condition");
            json.WriteStartObject("StringEqualsIgnoreCase");
            foreach (int index in Indexes)
            {
                json.WriteString(
                    $"kms:RecipientAttestation:PCR{index}",
                    Convert.ToHexStringLower(image.Pcrs[index].Span));
            }
            json.WriteEndObject();
            json.WriteStartObject("StringEquals");
            json.WriteString("kms:EncryptionContext:sequencer-purpose", "identity/v1");
            json.WriteEndObject();
            json.WriteStartObject("ArnEquals");
            json.WriteString("aws:PrincipalArn", role);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteStatement(
        Utf8JsonWriter json, string id, string principal, string[] actions)
    {
        json.WriteStartObject();
        json.WriteString("Sid", id);
        json.WriteString("Effect", "Allow");
        json.WriteStartObject("Principal");
        json.WriteString("AWS", principal);
        json.WriteEndObject();
        json.WriteStartArray("Action");
        foreach (string action in actions) json.WriteStringValue(action);
        json.WriteEndArray();
        // In the policy of a key this means the key.
        json.WriteString("Resource", "*");
    }
}
