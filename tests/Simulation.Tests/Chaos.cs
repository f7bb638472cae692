namespace Sequencer.Simulation.Tests;

/// <summary>Whatever befalls a machine whose operator is honest.</summary>
internal sealed class Chaos
{
    private readonly World _world;
    private readonly Machine _machine;
    private readonly int _calmMs;
    private int _steps;
    private bool _isOver;
    private Action _afterSteps = () => { };

    public Chaos(World world, Machine machine, bool isCalm)
    {
        _world = world;
        _machine = machine;
        // An epoch behind witnesses takes longer to open, and has more that can be struck.
        _calmMs = isCalm ? Draw(4_000, 10_000)
            : machine.Witnesses is null ? Draw(300, 800, 2_000) : Draw(1_000, 3_000);
        world.Stepping = Step;
        machine.DiskFaults.FailsOnceIn = isCalm ? 0 : Draw(0, 0, 300, 60);
        machine.LinkFaults.FailsOnceIn = isCalm ? 0 : Draw(0, 4, 2);
        machine.LinkFaults.RepeatsOnceIn = Draw(0, 20, 100);
        machine.Nsm.RefusesOnceIn = Draw(0, 0, 6);
        if (machine.Witnesses is not { } witnesses) return;
        witnesses.Faults.NetworkFailsOnceIn = Draw(0, 40, 8);
        witnesses.Faults.DiskFailsOnceIn = Draw(0, 60, 15);
    }

    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await _machine.Delay(_world.UpTo(_calmMs));
            if (!isOver()) Strike();
        }
        _isOver = true;
        _world.Stepping = () => { };
    }

    private void Strike()
    {
        switch (_world.Chance.Next(16))
        {
            case 0:
                After(200, "kill: gateway at a step", _machine.KillGateway);
                break;
            case 1:
                After(200, "kill: enclave at a step", _machine.KillEnclave);
                break;
            case 2:
                After(200, "kill: machine at a step", _machine.Crash);
                break;
            case 3:
                _machine.DiskFaults.KillIn(_world.Chance.Next(1, 25));
                break;
            case 4:
                CrashInDisk();
                break;
            case 5 or 6 when _machine.Link.Enclave is { } enclave:
                enclave.KillIn = _world.Chance.Next(1, 8);
                break;
            case 7:
                _world.Count("fault: all connections cut");
                _machine.Link.CutAll();
                break;
            case 8:
                _machine.DiskFaults.IsFull = true;
                _world.After(_world.UpTo(1_000), () => _machine.DiskFaults.IsFull = false);
                break;
            case 9 when _machine.Gateway is { IsOver: false } gateway:
                _world.Count("gateway stopped in order");
                _ = _machine.Start(gateway.StopAsync);
                break;
            case 10 or 11 when _machine.Gateway is { IsReady: true } gateway:
                Seal(gateway);
                break;
            case 12 or 13 when _machine.Witnesses is { } witnesses:
                StrikeAt(witnesses.All[_world.Chance.Next(witnesses.All.Count)]);
                break;
            case 14 or 15:
                After(100, "kill: both at a step", KillBoth);
                break;
        }
    }

    // And once in three times something ends before the seal is where it belongs.
    private void Seal(SimulatedGateway gateway)
    {
        _world.Count("seals asked for");
        gateway.RequestSeal();
        switch (_world.Chance.Next(9))
        {
            case 0:
                After(60, "kill: gateway while sealing", _machine.KillGateway);
                break;
            case 1:
                After(60, "kill: machine while sealing", _machine.Crash);
                break;
            case 2 when _machine.Link.Enclave is { } enclave:
                enclave.KillIn = _world.Chance.Next(1, 4);
                break;
        }
    }

    private void StrikeAt(SimulatedWitness witness)
    {
        if (_world.IsOnceIn(2))
        {
            _world.Count("kill: witness");
            witness.Kill();
            return;
        }
        _world.Count("fault: witness away");
        witness.IsReachable = false;
        _world.After(_world.UpTo(8_000), () => witness.IsReachable |= !_isOver);
    }

    private void KillBoth()
    {
        _machine.KillGateway();
        _machine.KillEnclave();
    }

    // The power goes with an operation of the disk: what is half done there is torn.
    private void CrashInDisk()
    {
        if (_machine.Gateway is not { IsOver: false } gateway) return;
        bool isFirst = true;
        gateway.Process.Killed += () =>
        {
            if (isFirst && !_isOver) _world.After(TimeSpan.Zero, _machine.Crash);
            isFirst = false;
        };
        _machine.DiskFaults.KillIn(_world.Chance.Next(1, 25));
    }

    private void After(int stepsMax, string what, Action action)
    {
        _steps = _world.Chance.Next(1, stepsMax);
        _afterSteps = () =>
        {
            _world.Count(what);
            action();
        };
    }

    private void Step()
    {
        if (_steps > 0 && --_steps == 0) _afterSteps();
    }

    private int Draw(params int[] choices) => choices[_world.Chance.Next(choices.Length)];
}
