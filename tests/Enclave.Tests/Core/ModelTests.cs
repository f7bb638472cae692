using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// Random batches against a model that keeps every record and searches them all, before and after
/// the log was replayed into another enclave.
/// </summary>
public sealed class ModelTests
{
    private const uint CellsMax = 6;
    private const uint Window = 10;

    [Fact]
    public void Core_and_model_agree_also_after_replays()
    {
        Random random = Seeded.Random(out _);
        TestEnclave enclave = TestEnclave.Open(CellsMax, Window);
        var model = new Model(CellsMax, Window);
        for (byte epoch = 1; epoch <= 8; epoch++)
        {
            for (int round = 0; round < 120; round++)
            {
                byte[][][] groups = RandomBatches.Groups(random);
                Assert.Equal(model.Sequence(groups), enclave.Sequence(groups).Outcomes);
                Assert.Equal(model.Size, enclave.Core.Size);
            }
            enclave = enclave.Restart(epoch: new TestEpoch(epoch));
            model.Size++;
            Assert.Equal(model.Size, enclave.Core.Size);
            Assert.Equal((uint)epoch, enclave.Core.Epoch);
        }
        Assert.Equal(
            [RefusalReason.Guard, RefusalReason.IdempotencyConflict, RefusalReason.CellsMax,
                RefusalReason.OtherMember, RefusalReason.Malformed],
            model.Seen.Order());
        Assert.True(model.Replays > 50);
    }

    private readonly record struct Use(
        ulong Number, Digest Key, Digest Request, int Index, int Count);

    private sealed class Model(uint cellsMax, uint window)
    {
        private readonly List<Use> _uses = [];
        private Dictionary<string, (long Value, ulong Changed)> _cells = [];

        public ulong Size { get; set; } = 1;
        public HashSet<RefusalReason> Seen { get; } = [];
        public int Replays { get; private set; }

        public List<Outcome> Sequence(byte[][][] groups)
        {
            var outcomes = new List<Outcome>();
            foreach (byte[][] group in groups)
            {
                var cells = new Dictionary<string, (long, ulong)>(_cells);
                (int fault, Outcome refusal) = Judge(group, out List<Outcome> good);
                if (fault >= 0)
                {
                    _cells = cells;
                    Outcome other = Outcome.Refused(
                        RefusalReason.OtherMember, number: (ulong)(outcomes.Count + fault));
                    good = [.. group.Select((_, i) => i == fault ? refusal : other)];
                }
                outcomes.AddRange(good);
            }
            Seen.UnionWith(outcomes.Select(o => o.Reason).Where(r => r != RefusalReason.None));
            Replays += outcomes.Count(o => o.Status == OutcomeStatus.Replayed);
            return outcomes;
        }

        private (int Fault, Outcome Refusal) Judge(byte[][] group, out List<Outcome> outcomes)
        {
            outcomes = [];
            var keys = new List<Digest>();
            for (int i = 0; i < group.Length; i++)
            {
                if (!AppendRequest.TryParse(group[i], out AppendRequest request)
                    || (!request.Idempotency.IsZero && keys.Contains(request.Idempotency)))
                {
                    return (i, Outcome.Refused(RefusalReason.Malformed));
                }
                keys.Add(request.Idempotency);
            }

            var used = keys.Select(k => _uses.FindLast(
                u => !k.IsZero && u.Key == k && Size - u.Number <= window)).ToList();
            int first = used.FindIndex(u => u.Count > 0);
            if (first >= 0)
            {
                bool replay = used.Select((u, i) =>
                    u.Count == group.Length && u.Index == i && u.Number == used[0].Number + (ulong)i
                    && u.Request == Derivation.Request(group[i])).All(same => same);
                if (!replay)
                {
                    return (first, Outcome.Refused(
                        RefusalReason.IdempotencyConflict, number: used[first].Number));
                }
                outcomes.AddRange(used.Select(u => Outcome.Replayed(u.Number)));
                return (-1, default);
            }

            for (int i = 0; i < group.Length; i++)
            {
                if (Apply(group[i], Size + (ulong)i) is { } refusal) return (i, refusal);
            }
            for (int i = 0; i < group.Length; i++)
            {
                _uses.Add(new Use(Size, keys[i], Derivation.Request(group[i]), i, group.Length));
                outcomes.Add(Outcome.Appended(Size++));
            }
            return (-1, default);
        }

        private Outcome? Apply(byte[] bytes, ulong number)
        {
            Assert.True(AppendRequest.TryParse(bytes, out AppendRequest request));
            int index = 0;
            foreach (Operation operation in request.Operations)
            {
                string name = Convert.ToHexString(operation.Name);
                bool exists = _cells.TryGetValue(name, out (long Value, ulong Changed) cell);
                bool holds = operation.Code switch
                {
                    OperationCode.VersionEquals => cell.Value == (long)operation.Operand,
                    OperationCode.Exists => exists,
                    OperationCode.NotExists => !exists,
                    OperationCode.UnchangedSince => !exists || cell.Changed <= operation.Operand,
                    _ => true,
                };
                if (!holds)
                {
                    return Outcome.Refused(RefusalReason.Guard, index, cell.Changed, cell.Value);
                }
                if (operation.Code == OperationCode.Bump)
                {
                    if (!exists && _cells.Count == cellsMax)
                    {
                        return Outcome.Refused(RefusalReason.CellsMax, index, actual: cellsMax);
                    }
                    _cells[name] = (cell.Value + 1, number);
                }
                index++;
            }
            return null;
        }
    }
}
