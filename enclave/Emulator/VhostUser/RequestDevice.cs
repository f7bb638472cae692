using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>Limits of a device that answers requests.</summary>
/// <param name="RequestBytesMax">Longest request, in bytes.</param>
/// <param name="AnswerBytesMax">Longest answer, in bytes.</param>
internal readonly record struct RequestLimits(int RequestBytesMax, int AnswerBytesMax);

/// <summary>
/// The back end of a virtio device with one queue, to which the driver offers chains in pairs: a
/// request to read, then a buffer for its answer. It speaks vhost-user with the virtual machine
/// monitor, which is the front end.
/// </summary>
/// <remarks>One thread runs it and calls the device; see <see cref="Run"/>.</remarks>
internal sealed class RequestDevice(
    Socket frontEnd, RequestLimits limits, RequestAnswerer answerer) : IDisposable
{
    private const ulong VirtioVersion1 = 1ul << 32;
    private const ulong HasProtocolFeatures = 1ul << 30;
    private const ulong Offered = VirtioVersion1 | HasProtocolFeatures;
    private const ulong RingMask = 0xff;

    private GuestMemory? _memory;
    private SafeFileHandle? _kick;
    private SafeFileHandle? _call;
    private SplitRing? _ring;
    private int _ringSize;
    private ushort _next;
    private bool _isEnabled;

    /// <summary>Serves the front end until it closes.</summary>
    /// <exception cref="VhostUserException">It broke a rule.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Run()
    {
        while (true)
        {
            (bool hasMessage, bool hasKick) = LibC.WaitReadable(frontEnd.SafeHandle, _kick);
            if (hasKick)
            {
                LibC.TakeEvent(_kick!);
                AnswerAll();
            }
            if (!hasMessage) continue;
            using VhostUserMessage? message = VhostUserMessage.Receive(frontEnd.SafeHandle);
            if (message is null) return;
            Handle(message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kick?.Dispose();
        _call?.Dispose();
        _memory?.Dispose();
    }

    private void Handle(VhostUserMessage message)
    {
        switch (message.Request)
        {
            case VhostUserRequest.GetFeatures:
                message.Reply(frontEnd, Offered);
                break;
            case VhostUserRequest.SetFeatures:
                // Without protocol features rings need no enabling.
                _isEnabled |= (message.Number() & HasProtocolFeatures) == 0;
                break;
            case VhostUserRequest.GetProtocolFeatures:
                message.Reply(frontEnd, 0);
                break;
            case VhostUserRequest.GetQueueCount:
                message.Reply(frontEnd, 1);
                break;
            case VhostUserRequest.SetOwner or VhostUserRequest.ResetOwner
                or VhostUserRequest.SetProtocolFeatures or VhostUserRequest.SetRingError:
                break;
            case VhostUserRequest.SetMemoryTable:
                _memory?.Dispose();
                _memory = null;
                _memory = GuestMemory.Map(message.Payload, message.Files);
                break;
            default:
                HandleRing(message);
                break;
        }
    }

    private void HandleRing(VhostUserMessage message)
    {
        switch (message.Request)
        {
            case VhostUserRequest.SetRingSize:
                uint size = message.RingNumber();
                if (!uint.IsPow2(size) || size > SplitRing.SizeMax)
                {
                    throw new VhostUserException($"A ring has no {size} descriptors.");
                }
                _ringSize = (int)size;
                break;
            case VhostUserRequest.SetRingAddresses:
                SetRingAddresses(message.Exactly(40));
                break;
            case VhostUserRequest.SetRingBase:
                _next = (ushort)message.RingNumber();
                break;
            case VhostUserRequest.GetRingBase:
                Stop(message);
                break;
            case VhostUserRequest.SetRingKick:
                ReplaceFile(ref _kick, message);
                AnswerAll();
                break;
            case VhostUserRequest.SetRingCall:
                ReplaceFile(ref _call, message);
                // A completion may have gone to the file that this one replaces, to which nobody
                // listened. One signal too many is harmless; one too few leaves the guest waiting.
                if (IsRunning) LibC.SignalEvent(_call!);
                break;
            case VhostUserRequest.SetRingEnable:
                _isEnabled = message.RingNumber() != 0;
                AnswerAll();
                break;
            default:
                throw new VhostUserException($"Request {(int)message.Request} is not known.");
        }
    }

    private bool IsRunning => _isEnabled && _memory is not null && _ring is not null
        && _kick is not null && _call is not null;

    // u32 ring, u32 flags, then four u64: descriptors, used ring, available ring, log.
    private void SetRingAddresses(ReadOnlySpan<byte> payload)
    {
        if (_ringSize == 0) throw new VhostUserException("The ring has no size yet.");
        _ring = new SplitRing(
            _ringSize,
            Descriptors: BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            Available: BinaryPrimitives.ReadUInt64LittleEndian(payload[24..]),
            Used: BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]));
    }

    private void Stop(VhostUserMessage message)
    {
        Span<byte> reply = stackalloc byte[8];
        reply.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(reply[4..], _next);
        _kick?.Dispose();
        _kick = null;
        message.Reply(frontEnd, reply);
    }

    private static void ReplaceFile(ref SafeFileHandle? file, VhostUserMessage message)
    {
        if ((message.Number() & RingMask) != 0)
        {
            throw new VhostUserException("The device has one ring, number 0.");
        }
        file?.Dispose();
        file = message.TakeFile();
    }

    /// <summary>Answers every pair of chains that the driver has offered.</summary>
    private void AnswerAll()
    {
        if (!IsRunning) return;
        while ((ushort)(_ring!.OfferedCount(_memory!) - _next) >= 2)
        {
            ushort request = _ring.OfferedHead(_memory!, _next);
            ushort answer = _ring.OfferedHead(_memory!, (ushort)(_next + 1));
            int written = Answer(request, answer);
            _next += 2;
            _ring.Return(_memory!, request, 0);
            _ring.Return(_memory!, answer, written);
            LibC.SignalEvent(_call!);
        }
    }

    private int Answer(ushort requestHead, ushort answerHead)
    {
        // Copied before it is read: the guest may write to it all the time.
        var request = new List<byte>();
        // One byte more than is allowed, so that the device itself can say that it is too long.
        List<GuestBuffer> read = _ring!.Chain(
            _memory!, requestHead, isWritable: false, limits.RequestBytesMax + 1);
        foreach (GuestBuffer buffer in read)
        {
            request.AddRange(_memory!.AtGuest(buffer.Address, buffer.Length));
        }
        List<GuestBuffer> write = _ring.Chain(
            _memory!, answerHead, isWritable: true, limits.AnswerBytesMax);
        ReadOnlySpan<byte> left = answerer([.. request]);
        if (left.Length > write.Sum(buffer => buffer.Length))
        {
            throw new VhostUserException("The driver left too little room for the answer.");
        }
        int written = left.Length;
        foreach (GuestBuffer buffer in write)
        {
            int part = Math.Min(left.Length, buffer.Length);
            left[..part].CopyTo(_memory!.AtGuest(buffer.Address, buffer.Length));
            left = left[part..];
        }
        return written;
    }
}

/// <summary>What a device answers to a request; called by one thread at a time.</summary>
internal delegate byte[] RequestAnswerer(ReadOnlySpan<byte> request);
