using System.Text.RegularExpressions;

namespace Sequencer.Iac.Policies;

/// <summary>
/// ARNs of who calls AWS, as a key's policy can name them ("IAM identifiers" in the IAM User Guide).
/// </summary>
internal static partial class PrincipalArn
{
    /// <summary>
    /// Why a text is not the ARN of a role, as <c>aws:PrincipalArn</c> has it; null if it is one. For
    /// every session of a role that key has the ARN of the role itself, with its path.
    /// </summary>
    public static string? RefuseRole(string text)
    {
        if (RoleForm().IsMatch(text)) return null;
        if (SessionForm().Match(text) is { Success: true } session)
        {
            // A session's ARN leaves out the path, so what the role's is cannot be told from it.
            return $"is a session of role {session.Groups["role"]}: name the role itself, which 'aws iam "
                + $"get-role --role-name {session.Groups["role"]} --query Role.Arn' prints";
        }
        return Kind(text) switch
        {
            "user" => "is a user, and an instance has a role",
            "instance-profile" => "is an instance profile: name the role that is in it",
            _ => "is not the ARN of a role, such as arn:aws:iam::123456789012:role/sequencer or "
                + ".../role/path/sequencer",
        };
    }

    /// <summary>Why a text is not the ARN of an account, a role or a user; null if it is one.
    /// </summary>
    public static string? RefuseAdministrator(string text) =>
        RoleForm().IsMatch(text) || UserOrAccountForm().IsMatch(text)
            ? null
            : "is not the ARN of an account, a role or a user, such as "
                + "arn:aws:iam::123456789012:root";

    /// <summary>The account of one that was not refused, as an ARN.</summary>
    public static string AccountOf(string arn) =>
        string.Join(':', arn.Split(':')[..5]) + ":root";

    private static string Kind(string text) =>
        text.Split(':') is ["arn", _, "iam", _, _, var name] ? name.Split('/')[0] : "";

    // IAM lets more into a path; a star would be a pattern, and a dollar a variable, in a condition.
    [GeneratedRegex("^arn:aws[a-z-]*:iam::[0-9]{12}:role(/[A-Za-z0-9+=,.@_-]+)*/"
        + "[A-Za-z0-9+=,.@_-]{1,64}\\z")]
    private static partial Regex RoleForm();

    [GeneratedRegex("^arn:aws[a-z-]*:iam::[0-9]{12}:"
        + "(root|user(/[A-Za-z0-9+=,.@_-]+)*/[A-Za-z0-9+=,.@_-]{1,64})\\z")]
    private static partial Regex UserOrAccountForm();

    [GeneratedRegex("^arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role/(?<role>[A-Za-z0-9+=,.@_-]{1,64})/")]
    private static partial Regex SessionForm();
}
