using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>The calls of EC2 that this command makes, by topic in the files of this class.</summary>
internal sealed partial class Ec2Client(AwsConnection aws)
{
    /// <summary>Version of EC2's interface.</summary>
    public const string Version = "2016-11-15";

    private const int PagesMax = 100;

    private static QueryParameters Call(string action) => new(Version, action);

    private Task<XElement> AskAsync(
        QueryParameters parameters, CancellationToken cancellationToken) =>
        aws.QueryAsync("ec2", parameters, isRepeatable: true, cancellationToken);

    private Task<XElement> DoAsync(
        QueryParameters parameters, CancellationToken cancellationToken) =>
        aws.QueryAsync("ec2", parameters, isRepeatable: false, cancellationToken);

    /// <summary>All items of a list that AWS gives page by page.</summary>
    private async Task<List<XElement>> AskAllAsync(
        Func<QueryParameters> newParameters, string list, CancellationToken cancellationToken)
    {
        var all = new List<XElement>();
        string? next = null;
        for (int page = 0; page < PagesMax; page++)
        {
            XElement answer = await AskAsync(
                newParameters().AddIf("NextToken", next), cancellationToken);
            all.AddRange(answer.Items(list));
            next = answer.Text("nextToken");
            if (next is null) return all;
        }
        throw new AwsFault(
            $"ec2:{newParameters().Action}", 200, "", $"more than {PagesMax} pages of answer");
    }

    /// <summary>Asks whether a call would be allowed; a fault tells why not.</summary>
    private async Task TryAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        try
        {
            await DoAsync(parameters.Add("DryRun", "true"), cancellationToken);
        }
        catch (AwsFault fault) when (fault.Code == "DryRunOperation")
        {
        }
    }
}
