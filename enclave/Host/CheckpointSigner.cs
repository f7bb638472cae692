using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Enclave.Host;

/// <summary>
/// Turns a head into a signed note: the ECDSA line, the Ed25519 line (docs/PROTOCOL.md section 7),
/// and that of the log's stable identity, if it has one. Only heads that the core emitted come
/// here.
/// </summary>
internal sealed class CheckpointSigner
{
    private readonly EpochSigningKeys _keys;
    private readonly string _origin;
    private readonly uint _ecdsaId;
    private readonly uint _ed25519Id;
    private readonly IdentityKey? _identity;
    private readonly uint _identityId;

    /// <summary>Signs with an epoch's keys under the log's origin.</summary>
    public CheckpointSigner(EpochSigningKeys keys, string origin, IdentityKey? identity)
    {
        _keys = keys;
        _identity = identity;
        _origin = origin;
        _ecdsaId = KeyIds.ForEcdsa(keys.SubjectPublicKeyInfo);
        _ed25519Id = KeyIds.ForNamed(
            origin, (byte)NoteSignatureType.Ed25519, keys.Public.Ed25519PublicKey.Span);
        if (identity is null) return;
        _identityId = KeyIds.ForNamed(
            origin, (byte)NoteSignatureType.Ed25519, identity.Sealed.PublicKey.Span);
    }

    /// <summary>The whole note.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Libcrypto failed.
    /// </exception>
    public byte[] Sign(HeadToSign head)
    {
        ReadOnlySpan<byte> text = head.Text.Span;
        var ecdsa = new NoteSignature(_origin, _ecdsaId, _keys.SignEcdsa(text));
        var ed25519 = new NoteSignature(_origin, _ed25519Id, _keys.SignEd25519(text));
        string third = _identity is null
            ? ""
            : $"{new NoteSignature(_origin, _identityId, _identity.Sign(text))}\n";
        return [.. text, .. Encoding.UTF8.GetBytes($"\n{ecdsa}\n{ed25519}\n{third}")];
    }
}
