using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>
/// The memory that large answers on their way may take up: those who ask for much and take it slowly
/// must not use up the gateway's.
/// </summary>
internal sealed class AnswerBudget(long bytesMax)
{
    /// <summary>Answers up to so long are not counted: connections are.</summary>
    public const int SmallBytes = 32 * 1024;

    private readonly ByteBudget _budget = new(bytesMax);

    /// <summary>Bytes of the answers on their way that are counted.</summary>
    public long Taken => _budget.Taken;

    /// <summary>Takes the room of an answer; false if there is none. One that is larger than all of
    /// it takes all of it.</summary>
    /// <param name="bytes">How long it is.</param>
    /// <param name="room">To be disposed of when it was taken.</param>
    public bool TryTake(long bytes, out ByteReservation room)
    {
        room = _budget.Open();
        return bytes <= SmallBytes || room.TryGrowTo(Math.Min(bytes, bytesMax));
    }
}
