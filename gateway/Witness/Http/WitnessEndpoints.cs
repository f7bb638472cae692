using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Http;

/// <summary>
/// Where the interface of c2sp.org/tlog-witness, with the extension of docs/PROTOCOL.md section 16,
/// is found over HTTP.
/// </summary>
internal sealed class WitnessEndpoints(Witness witness, IHostApplicationLifetime lifetime)
{
    private readonly WitnessAnswers _answers = new(witness);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/add-checkpoint", (RequestDelegate)(context =>
            AnswerAsync(context, AddCheckpointRequest.MaxBytes, _answers.AddCheckpointAsync)));
        routes.MapPost("/add-epoch", (RequestDelegate)(context =>
            AnswerAsync(context, SignedHead.MaxBytes, _answers.AddEpochAsync)));
        routes.MapGet("/{name}/checkpoint", (RequestDelegate)(context =>
            _answers.Checkpoint((string)context.GetRouteValue("name")!)
                .WriteAsync(context.Response)));
        routes.MapGet("/", (RequestDelegate)(context =>
            _answers.Front().WriteAsync(context.Response)));
    }

    private async Task AnswerAsync(
        HttpContext context, int maxBytes, Func<byte[], CancellationToken, Task<Answer>> work)
    {
        byte[]? body = await BoundedBody.ReadAsync(context.Request, maxBytes);
        Answer answer;
        try
        {
            answer = body is null
                ? Answer.Refusal(413, $"A body has at most {maxBytes} bytes.")
                : await work(body, context.RequestAborted);
        }
        catch (WitnessStateException fault)
        {
            // Nothing that this process remembers can be relied on any more.
            witness.Fail(fault);
            lifetime.StopApplication();
            answer = Answer.Refusal(500, "The witness could not remember this and stops.");
        }
        await answer.WriteAsync(context.Response);
    }
}
