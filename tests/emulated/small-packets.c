/*
 * Loaded before the C library in the parent's machine: no vsock packet there, sent or received, is
 * longer than PACKET_MAX. The emulated vsock device passes packets of one guest on to another whole
 * and cuts off what the receiver's buffer, of almost 4 KiB, does not hold. To programs it is a
 * network that takes less at once.
 */
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PACKET_MAX 3072

static int is_vsock(int file)
{
    int family = 0;
    socklen_t size = sizeof family;

    return getsockopt(file, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_VSOCK;
}

/* What the peer may send before it hears of room: so much in one packet at most. */
static void limit_credit(int file)
{
    uint64_t credit = PACKET_MAX;

    if (is_vsock(file))
        setsockopt(file, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &credit, sizeof credit);
}

int connect(int file, const struct sockaddr *address, socklen_t length)
{
    /* Not towards the host: the device cuts what it sends itself, and tells a sender that it holds
     * to so little of no room before much more was sent. */
    if (address->sa_family == AF_VSOCK &&
        ((const struct sockaddr_vm *)address)->svm_cid != VMADDR_CID_HOST)
        limit_credit(file);
    return (int)syscall(SYS_connect, file, address, length);
}

/* Connections that are accepted have the listener's. */
int listen(int file, int backlog)
{
    limit_credit(file);
    return (int)syscall(SYS_listen, file, backlog);
}

ssize_t send(int file, const void *bytes, size_t length, int flags)
{
    if (length > PACKET_MAX && is_vsock(file))
        length = PACKET_MAX;
    return syscall(SYS_sendto, file, bytes, length, flags, NULL, 0);
}
