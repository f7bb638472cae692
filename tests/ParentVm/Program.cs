using Sequencer.ParentVm;

// A parent instance in a virtual machine: the gateway as it is released, over its own vsock
// connector, beside an enclave with CID 16. Each line on the console that begins with "parent:" is
// for the test outside, which also reads the gateway's own.
try
{
    Machine.MountData("/tmp");
    Machine.StartLoopback();
    string order = await Outside.ReadOrderAsync();
    await (order switch
    {
        "append" => Appending.RunAsync(),
        "seal" => Sealing.RunAsync(),
        _ => throw new InvalidOperationException($"\"{order}\" is no order"),
    });
    Console.WriteLine("parent: done");
    await Task.Delay(Timeout.Infinite);
    return 0;
}
catch (Exception e)
{
    Console.WriteLine($"parent: failed: {e}");
    return 1;
}
