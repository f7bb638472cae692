using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Sealing.Tests;

/// <summary>The file <c>identity</c>: all of the old one or all of the new one.</summary>
public class IdentityFileTests
{
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 200)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 300)];

    [Theory]
    [InlineData(Fault.Failed)]
    [InlineData(Fault.FailedButPersisted)]
    [InlineData(Fault.HalfDone)]
    [InlineData(Fault.Killed)]
    public void A_fault_at_any_step_leaves_the_old_one_or_the_new_one(Fault fault)
    {
        int steps = StepsOfAWrite();
        Assert.True(steps > 2);
        for (int step = 1; step <= steps; step++)
        {
            for (int seed = 0; seed < 20; seed++)
            {
                var files = new MemoryFiles();
                new IdentityFile(files).Put(Old);
                files.FaultAt = files.Operations + step;
                files.Fault = fault;
                Assert.ThrowsAny<Exception>(() => new IdentityFile(files).Put(New));
                var after = new IdentityFile(files.Crashed(new Random(seed)));
                after.Settle();
                byte[] read = after.Read().ToArray();
                Assert.True(
                    read.AsSpan().SequenceEqual(Old) || read.AsSpan().SequenceEqual(New),
                    $"step {step}, seed {seed}");
            }
        }
    }

    [Fact]
    public void What_was_written_is_there_after_a_crash()
    {
        var files = new MemoryFiles();
        Assert.True(new IdentityFile(files).Read().IsEmpty);
        new IdentityFile(files).Put(New);
        Assert.Equal(New, new IdentityFile(files.Crashed(new Random(1))).Read().ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(84 + 6144 + 1)]
    public void A_file_that_cannot_be_one_is_damaged(int length)
    {
        var files = new MemoryFiles();
        new IdentityFile(files).Put(New);
        files.SetContent("identity", new byte[length]);
        Assert.Throws<StoreDamagedException>(() => new IdentityFile(files).Read());
    }

    private static int StepsOfAWrite()
    {
        var files = new MemoryFiles();
        new IdentityFile(files).Put(Old);
        int before = files.Operations;
        new IdentityFile(files).Put(New);
        return files.Operations - before;
    }
}
