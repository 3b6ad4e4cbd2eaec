/*
 * Two ways in:
 *   entry64  the ELF entry point: Linux's 64-bit boot protocol, RSI = the boot parameters
 *   entry32  named by the PVH note: 32-bit protected mode without paging, EBX = the start info
 * Both come to guest_main(kind, address) with page tables of our own that map 4 GiB to themselves.
 */
#include "boot-info.h"

#define PRESENT_WRITABLE 0x3
#define LARGE 0x80

#define CR0_PG (1 << 31)
#define CR4_PAE (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)

	/* XEN_ELFNOTE_PHYS32_ENTRY: xen/include/public/elfnote.h; Linux's has 8 bytes, too. */
	.section .note.xen, "a", @note
	.align 4
	.long 4, 8, 18
	.asciz "Xen"
	.quad entry32

	.text
	.code32
	.globl entry32
entry32:
	cli
	cld
	movl	$stack_top, %esp
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$8, $from32

	.code64
from32:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$BOOT_PVH, %edi
	movl	%ebx, %esi
	jmp	start

	.globl entry64
entry64:
	cli
	cld
	movl	$pml4, %eax
	movq	%rax, %cr3
	movl	$BOOT_LINUX, %edi
start:
	movl	$stack_top, %esp
	xorl	%ebp, %ebp
	call	guest_main
0:	hlt
	jmp	0b

	.data
	.align 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
gdt_pointer:
	.word . - gdt - 1
	.long gdt

	/* Made by the assembler: filling them takes thousands of instructions. */
	.align 4096
pml4:
	.quad pdpt + PRESENT_WRITABLE
	.fill 511, 8, 0
	.globl pdpt
pdpt:
	.quad directories + PRESENT_WRITABLE
	.quad directories + 0x1000 + PRESENT_WRITABLE
	.quad directories + 0x2000 + PRESENT_WRITABLE
	.quad directories + 0x3000 + PRESENT_WRITABLE
	.fill 508, 8, 0
directories:
	.set at, 0
	.rept 2048
	.quad at + LARGE + PRESENT_WRITABLE
	.set at, at + 0x200000
	.endr

	.bss
	.align 16
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
