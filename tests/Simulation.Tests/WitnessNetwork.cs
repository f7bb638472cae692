using System.Net;
using Sequencer.Witness.Http;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// HTTP from one gateway to the witnesses. What was sent arrives whatever becomes of the gateway.
/// </summary>
internal sealed class WitnessNetwork(World world, WitnessSet witnesses) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SimulatedWitness witness = witnesses.At(request.RequestUri!);
        if (!witness.IsReachable || !witness.IsAlive)
        {
            throw new HttpRequestException("Nobody listens.");
        }
        string path = request.RequestUri!.AbsolutePath;
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        RequestFate fate = witnesses.Faults.NextRequest();
        var answered = new TaskCompletionSource<Answer?>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        if (!fate.IsLost) world.After(fate.Up, () => Arrive(witness, path, body, fate, answered));
        if (fate.Repeated is { } again)
        {
            world.After(again, () => Arrive(witness, path, body, null, null));
        }
        Answer answer = await answered.Task.WaitAsync(cancellationToken)
            ?? throw new HttpRequestException("The connection was reset.");
        return new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            Content = new StringContent(answer.Text),
        };
    }

    private void Arrive(
        SimulatedWitness witness,
        string path,
        byte[] body,
        RequestFate? fate,
        TaskCompletionSource<Answer?>? answered)
    {
        if (!witness.IsReachable) return;
        _ = witnesses.Operator.Start(async () =>
        {
            Answer? answer = await witness.AnswerAsync(path, body);
            if (fate is not { IsAnswerLost: false } known) return;
            world.After(known.Down, () => answered!.TrySetResult(answer));
        });
    }
}
