using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;

namespace Sequencer.Iac.Instances;

/// <summary>What is to be made, all of it checked.</summary>
/// <param name="Plan">The instance.</param>
/// <param name="GroupName">Its security group.</param>
/// <param name="GroupId">That group, where it is there already; null to make it.</param>
/// <param name="Rules">What a new group lets in: ports and addresses.</param>
internal sealed record NewInstancePlan(
    InstancePlan Plan,
    string GroupName,
    string? GroupId,
    IReadOnlyList<(int Port, string Cidr)> Rules);

/// <summary>
/// Makes an instance and its security group. Until EC2 has confirmed the instance, a failure or
/// Ctrl-C takes everything back; from then on the instance stays.
/// </summary>
internal sealed class NewInstance(Ec2Client ec2, Screen screen, TimeProvider time)
{
    // EC2 lists what it has made some seconds later ("Eventual consistency" in its API reference).
    private static readonly TimeSpan SearchPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly MadeThings _made = new(screen, time);

    /// <summary>Makes both.</summary>
    /// <exception cref="CommandFailure">Something is left, and named.</exception>
    public async Task<Instance> MakeAsync(NewInstancePlan plan, CancellationToken cancellationToken)
    {
        // Under this EC2 makes the instance once, however often it is asked, and it can be found.
        string token = Guid.NewGuid().ToString("N");
        bool isAsked = false;
        try
        {
            string groupId = plan.GroupId ?? await MakeGroupAsync(plan, cancellationToken);
            isAsked = true;
            return await ec2.RunAsync(plan.Plan, groupId, token, cancellationToken);
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            if (isAsked && e is not AwsFault { IsUncertain: false })
            {
                await AddWhatMayBeThereAsync(plan.Plan.Name, token);
            }
            string because = e is OperationCanceledException ? "Broken off." : $"{e.Message}.";
            if (await _made.TakeBackAsync(because) is { } left) throw left;
            throw;
        }
    }

    private async Task<string> MakeGroupAsync(
        NewInstancePlan plan, CancellationToken cancellationToken)
    {
        string name = plan.GroupName, vpcId = plan.Plan.Subnet.VpcId;
        string groupId;
        try
        {
            groupId = await ec2.CreateGroupAsync(name, vpcId, cancellationToken);
        }
        catch (Exception e) when (e is AwsUnreachable or OperationCanceledException
            or AwsFault { IsUncertain: true })
        {
            _made.Add(
                $"security group {name}",
                $"remove it: aws ec2 delete-security-group --group-name {name}",
                async patience =>
                {
                    SecurityGroup? group = await ec2.FindGroupAsync(name, vpcId, patience);
                    // One of the name that somebody else made at this moment stays.
                    if (group is null || !Tags.AreOfCommand(group.Tags)) return;
                    await DeleteAsync(group.Id, patience);
                });
            throw;
        }
        _made.Add(
            $"security group {name} ({groupId})",
            $"remove it: aws ec2 delete-security-group --group-id {groupId}",
            patience => DeleteAsync(groupId, patience));
        foreach ((int port, string cidr) in plan.Rules)
        {
            await ec2.AllowAsync(groupId, port, cidr, cancellationToken);
        }
        return groupId;
    }

    private async Task DeleteAsync(string groupId, CancellationToken cancellationToken)
    {
        // In use until an instance that was taken back is gone.
        while (!await ec2.DeleteGroupAsync(groupId, cancellationToken))
        {
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task AddWhatMayBeThereAsync(string name, string token)
    {
        string end = $"iac instance terminate -i {name}";
        screen.Remark(Screen.Plain(
            $"Looking for what EC2 has made of it, {SearchPatience.TotalSeconds:0} seconds at most…"));
        using var patience = new CancellationTokenSource(SearchPatience, time);
        try
        {
            string id = await FindAsync(token, patience.Token);
            _made.Add(
                $"instance {name} ({id})", $"end it: {end}", wait => ec2.TerminateAsync(id, wait));
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            _made.Add(
                $"perhaps an instance {name}",
                $"in some minutes 'iac instance list' shows it, and '{end}' ends it",
                _ => Task.FromException(e));
        }
    }

    // Until it is there, or the patience at an end: that it is not listed says nothing.
    private async Task<string> FindAsync(string token, CancellationToken cancellationToken)
    {
        while (true)
        {
            IReadOnlyList<Instance> all = await ec2.ListInstancesAsync(cancellationToken);
            if (all.FirstOrDefault(i => i.IsOf(token)) is { } instance) return instance.Id;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
