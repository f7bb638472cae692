namespace Sequencer.Simulation.Tests;

/// <summary>Whatever befalls a machine whose operator is honest.</summary>
internal sealed class Chaos
{
    private readonly World _world;
    private readonly Machine _machine;
    private int _steps;
    private bool _isOver;
    private Action _afterSteps = () => { };

    public Chaos(World world, Machine machine)
    {
        _world = world;
        _machine = machine;
        world.Stepping = Step;
        machine.DiskFaults.FailsOnceIn = Draw(0, 0, 300, 60);
        machine.LinkFaults.FailsOnceIn = Draw(0, 4, 2);
        machine.Nsm.RefusesOnceIn = Draw(0, 0, 6);
    }

    public async Task RunAsync(Func<bool> isOver)
    {
        int calmMs = Draw(300, 800, 2_000);
        while (!isOver())
        {
            await _machine.Delay(_world.UpTo(calmMs));
            if (!isOver()) Strike();
        }
        _isOver = true;
        _world.Stepping = () => { };
    }

    private void Strike()
    {
        switch (_world.Chance.Next(11))
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
            default:
                After(100, "kill: both at a step", KillBoth);
                break;
        }
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
